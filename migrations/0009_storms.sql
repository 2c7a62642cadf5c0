-- Storms: many groups told in one message of a channel.
CREATE TABLE storm (
  id         {id},
  channel    {text} NOT NULL,               -- as configured
  urgent     {int} NOT NULL,                -- 1: P1 and P2; 0: the others
  began_ms   {int} NOT NULL,
  joined_ms  {int} NOT NULL,                -- when the last group joined
  rung_ms    {int} NOT NULL,                -- when the channel last heard of those that joined
  ended_ms   {int}                          -- it takes in no more since then
) {strict};
CREATE INDEX storm_raging ON storm (channel, urgent) WHERE ended_ms IS NULL;

CREATE TABLE storm_group (
  storm_id   {int} NOT NULL REFERENCES storm (id) ON DELETE CASCADE,
  group_id   {int} NOT NULL REFERENCES alert_group (id) ON DELETE CASCADE,
  joined_ms  {int} NOT NULL,
  told       {int} NOT NULL,                -- 1: the channel has heard that it joined
  opened     {int} NOT NULL DEFAULT 0,      -- 1: it has, or gets, a message of its own
  PRIMARY KEY (storm_id, group_id)
) {strict};
CREATE INDEX storm_group_of ON storm_group (group_id);

-- The groups that began to speak a moment ago, while no storm rages.
CREATE TABLE storm_watch (
  channel    {text} NOT NULL,
  urgent     {int} NOT NULL,
  group_id   {int} NOT NULL REFERENCES alert_group (id) ON DELETE CASCADE,
  at_ms      {int} NOT NULL,
  PRIMARY KEY (channel, urgent, group_id)
) {strict};
CREATE INDEX storm_watch_group ON storm_watch (group_id);
