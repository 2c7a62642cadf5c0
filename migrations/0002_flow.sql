-- The way in and the way out: nothing enters or leaves Firebell but through these rows.

-- What came in. A row stands here before it is acknowledged; alerts leave it when they were processed,
-- Slack inputs stay (without their body) as long as a second delivery may come.
CREATE TABLE inbox (
  id          {id},
  kind        {text} NOT NULL,              -- 'alerts' | 'slack'
  origin      {text} NOT NULL,              -- the integration's name, or the transport
  dedup_key   {text},                       -- NULL: every delivery counts
  body        {text} NOT NULL,
  received_ms {int} NOT NULL,
  state       {text} NOT NULL,              -- 'new' | 'done' | 'failed'
  attempts    {int} NOT NULL DEFAULT 0,
  error       {text},
  done_ms     {int}
) {strict};
CREATE UNIQUE INDEX inbox_dedup ON inbox (dedup_key);
CREATE INDEX inbox_new ON inbox (kind, id) WHERE state = 'new';
CREATE INDEX inbox_done ON inbox (done_ms) WHERE state = 'done';

-- What is to be said. Rows of one lane leave in order; a lane is one conversation (a message and its thread).
CREATE TABLE outbox (
  id           {id},
  key          {text} NOT NULL,             -- travels with the message, so that Slack can be asked whether it arrived
  lane         {text} NOT NULL,
  channel      {text} NOT NULL,             -- which entry of CHANNELS sends it
  destination  {text} NOT NULL,             -- the rate bucket: a Slack channel, a user
  method       {text} NOT NULL,             -- the second rate bucket: Slack's tiers count per method
  priority     {int} NOT NULL,
  say          {text} NOT NULL,             -- domain::say::Say as JSON: what is said, not how it looks
  merge_key    {text},                      -- a waiting row with the same key says it already
  created_ms   {int} NOT NULL,
  not_before_ms {int} NOT NULL,
  expires_ms   {int},                     -- useless after this
  state        {text} NOT NULL,             -- 'waiting' | 'sending' | 'uncertain' | 'dead'
  attempts     {int} NOT NULL DEFAULT 0,
  sent_ms      {int},                     -- when the last attempt began
  holder       {text},                      -- the process that is sending it
  lease_ms     {int},
  error        {text}
) {strict};
CREATE UNIQUE INDEX outbox_key ON outbox (key);
CREATE INDEX outbox_lane ON outbox (lane, id) WHERE state <> 'dead';
CREATE INDEX outbox_waiting ON outbox (priority, id) WHERE state = 'waiting';
CREATE INDEX outbox_busy ON outbox (lease_ms) WHERE state IN ('sending', 'uncertain');
CREATE INDEX outbox_merge ON outbox (merge_key) WHERE state = 'waiting';
CREATE INDEX outbox_dead ON outbox (id) WHERE state = 'dead';

-- When a destination or a method may be used again.
CREATE TABLE bucket (
  name    {text} PRIMARY KEY,
  full_ms {int} NOT NULL,                 -- when everything taken so far is paid back (GCRA's arrival time)
  free_ms {int} NOT NULL                  -- not to be used before this
) {strict};
CREATE INDEX bucket_free ON bucket (free_ms);

-- Where a message of ours stands in Slack, once it is there.
CREATE TABLE message_ref (
  name       {text} PRIMARY KEY,            -- e.g. 'group:24@#ops'
  channel_id {text} NOT NULL,
  ts         {text} NOT NULL,
  posted_ms  {int} NOT NULL
) {strict};
CREATE INDEX message_ref_place ON message_ref (channel_id, ts);

-- Every moment at which something is due.
CREATE TABLE due (
  kind    {text} NOT NULL,
  subject {text} NOT NULL,
  at_ms   {int} NOT NULL,
  data    {text} NOT NULL DEFAULT '{}',
  PRIMARY KEY (kind, subject)
) {strict};
CREATE INDEX due_at ON due (at_ms);
