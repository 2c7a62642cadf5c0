-- Alert groups: the alerts that belong together, one number, one Slack message per channel and its thread.
CREATE TABLE alert_group (
  id             {id},
  number         {int} NOT NULL,
  integration    {text} NOT NULL,
  kind           {text} NOT NULL,           -- the integration's kind
  receiver       {text} NOT NULL,
  route          {text} NOT NULL,           -- the route's key text
  group_key      {text} NOT NULL,           -- what makes alerts belong together: integration, route and grouping
  group_labels   {text} NOT NULL,
  channels       {text} NOT NULL,           -- JSON list: where its message stands
  title          {text} NOT NULL,
  priority       {int} NOT NULL,
  state          {text} NOT NULL,           -- 'firing' | 'acknowledged' | 'silenced' | 'resolved'
  facts          {text} NOT NULL,           -- domain::group::Facts as JSON: who, when, why
  firing         {int} NOT NULL DEFAULT 0,
  resolved       {int} NOT NULL DEFAULT 0,
  notified_ms    {int},                   -- when it first spoke; NULL: it has not yet
  flushed_ms     {int},                   -- when its thread last told of joined and ended alerts
  created_ms     {int} NOT NULL,
  updated_ms     {int} NOT NULL,
  resolved_ms    {int},
  attached_to    {int}
) {strict};
CREATE UNIQUE INDEX alert_group_number ON alert_group (number);
CREATE INDEX alert_group_key ON alert_group (group_key, id);
CREATE INDEX alert_group_open ON alert_group (id) WHERE state <> 'resolved';
CREATE INDEX alert_group_resolved ON alert_group (resolved_ms) WHERE state = 'resolved';

-- One alert in one group; the last values while firing stay after the resolve.
CREATE TABLE alert (
  group_id    {int} NOT NULL REFERENCES alert_group (id) ON DELETE CASCADE,
  fingerprint {text} NOT NULL,
  integration {text} NOT NULL,
  status      {text} NOT NULL,              -- 'firing' | 'resolved'
  priority    {int} NOT NULL,
  starts_ms   {int} NOT NULL,
  ended_ms    {int},
  expires_ms  {int},                      -- ends by itself then, unless it is seen again
  seen_ms     {int} NOT NULL,
  told        {text} NOT NULL DEFAULT '',   -- the status its thread has told
  labels      {text} NOT NULL,
  data        {text} NOT NULL,
  PRIMARY KEY (group_id, fingerprint)
) {strict};
CREATE INDEX alert_firing ON alert (integration, fingerprint) WHERE status = 'firing';
CREATE INDEX alert_expires ON alert (expires_ms) WHERE status = 'firing' AND expires_ms IS NOT NULL;
CREATE INDEX alert_rank ON alert (group_id, status, priority, starts_ms);

-- Firing alerts that may hush others, by inhibition rule and the values of its equal labels.
CREATE TABLE inhibit_source (
  rule        {text} NOT NULL,
  equal_key   {text} NOT NULL,
  integration {text} NOT NULL,
  fingerprint {text} NOT NULL,
  both_sides  {int} NOT NULL DEFAULT 0,   -- it matches the rule's target side too
  PRIMARY KEY (rule, equal_key, integration, fingerprint)
) {strict};
CREATE INDEX inhibit_source_alert ON inhibit_source (integration, fingerprint);

-- Silences by matchers.
CREATE TABLE silence (
  id         {id},
  matchers   {text} NOT NULL,
  starts_ms  {int} NOT NULL,
  ends_ms    {int} NOT NULL,
  created_by {text} NOT NULL,
  comment    {text} NOT NULL,
  created_ms {int} NOT NULL
) {strict};
CREATE INDEX silence_ends ON silence (ends_ms);

-- People called to an alert group.
CREATE TABLE responder (
  group_id   {int} NOT NULL REFERENCES alert_group (id) ON DELETE CASCADE,
  user_id    {text} NOT NULL,
  importance {text} NOT NULL,               -- 'default' | 'important'
  added_by   {text} NOT NULL,
  added_ms   {int} NOT NULL,
  PRIMARY KEY (group_id, user_id)
) {strict};
