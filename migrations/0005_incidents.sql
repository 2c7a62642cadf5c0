-- Incidents: declared by a person or a rule, each with roles, tasks, links, its alert groups and a channel of its own.
CREATE TABLE incident (
  id           {id},
  number       {int} NOT NULL,
  title        {text} NOT NULL,
  severity     {text} NOT NULL,
  status       {text} NOT NULL,
  state        {text} NOT NULL,             -- 'open' | 'resolved' | 'cancelled' | 'merged'
  private      {int} NOT NULL DEFAULT 0,
  drill        {int} NOT NULL DEFAULT 0,
  labels       {text} NOT NULL,
  group_key    {text},                      -- of the alert group whose route declared it
  channel_id   {text},                      -- NULL: not made yet
  channel_name {text},
  facts        {text} NOT NULL,             -- domain::incident::Facts as JSON: who, when, the summary
  created_ms   {int} NOT NULL,
  updated_ms   {int} NOT NULL,
  ended_ms     {int}
) {strict};
CREATE UNIQUE INDEX incident_number ON incident (number);
CREATE INDEX incident_open ON incident (id) WHERE state = 'open';
CREATE INDEX incident_channel ON incident (channel_id) WHERE channel_id IS NOT NULL;
CREATE INDEX incident_group_key ON incident (group_key) WHERE state = 'open' AND group_key IS NOT NULL;

-- Alert groups that belong to an incident, now or for a while.
CREATE TABLE incident_group (
  incident_id {int} NOT NULL REFERENCES incident (id) ON DELETE CASCADE,
  group_id    {int} NOT NULL,
  attached_ms {int} NOT NULL,
  attached_by {text} NOT NULL,
  detached_ms {int},
  PRIMARY KEY (incident_id, group_id)
) {strict};
CREATE INDEX incident_group_group ON incident_group (group_id) WHERE detached_ms IS NULL;

CREATE TABLE incident_role (
  incident_id {int} NOT NULL REFERENCES incident (id) ON DELETE CASCADE,
  role        {text} NOT NULL,
  user_id     {text} NOT NULL,
  given_by    {text} NOT NULL,
  since_ms    {int} NOT NULL,
  PRIMARY KEY (incident_id, role, user_id)
) {strict};
CREATE INDEX incident_role_user ON incident_role (user_id);

CREATE TABLE incident_task (
  id          {id},
  incident_id {int} NOT NULL REFERENCES incident (id) ON DELETE CASCADE,
  number      {int} NOT NULL,               -- 1, 2, 3 within its incident
  text        {text} NOT NULL,
  assignee    {text},
  follow_up   {int} NOT NULL DEFAULT 0,     -- for after the incident
  created_by  {text} NOT NULL,
  created_ms  {int} NOT NULL,
  done_by     {text},
  done_ms     {int}
) {strict};
CREATE UNIQUE INDEX incident_task_number ON incident_task (incident_id, number);
CREATE INDEX incident_task_assignee ON incident_task (assignee) WHERE done_ms IS NULL;

CREATE TABLE incident_link (
  incident_id {int} NOT NULL REFERENCES incident (id) ON DELETE CASCADE,
  url         {text} NOT NULL,
  title       {text} NOT NULL,
  added_by    {text} NOT NULL,
  added_ms    {int} NOT NULL,
  PRIMARY KEY (incident_id, url)
) {strict};

-- The words of titles, summaries and timelines: full-text search and likeness, the same on both engines.
CREATE TABLE incident_word (
  incident_id {int} NOT NULL REFERENCES incident (id) ON DELETE CASCADE,
  word        {text} NOT NULL,
  weight      {int} NOT NULL,               -- how often it was said; the title's words count more
  PRIMARY KEY (incident_id, word)
) {strict};
CREATE INDEX incident_word_word ON incident_word (word);

-- Channels whose messages are kept, and how far they are known.
CREATE TABLE mirror (
  channel_id   {text} PRIMARY KEY,
  incident_id  {int} NOT NULL REFERENCES incident (id) ON DELETE CASCADE,
  started_ms   {int} NOT NULL,              -- events of it are listened to since then
  active_ms    {int} NOT NULL,              -- when something was last heard of it, give or take a minute
  known_ts     {text} NOT NULL DEFAULT '',  -- history is complete up to this message
  window_ts    {text} NOT NULL DEFAULT '',  -- the last reading looked at all messages from this one on
  checked_ms   {int} NOT NULL,              -- when the last reading that came to its end began
  full_ms      {int} NOT NULL DEFAULT 0,    -- the same of one that read everything, threads and all; 0: never
  wanted_ms    {int},                       -- it is to be read again, not before this
  full_wanted  {int} NOT NULL DEFAULT 0,
  reason       {text} NOT NULL DEFAULT '',  -- why it is to be read
  attempts     {int} NOT NULL DEFAULT 0,
  deaf_from_ms {int},                       -- the last span in which events may not have reached us
  deaf_to_ms   {int},                       -- NULL: it goes on
  deaf_reason  {text} NOT NULL DEFAULT '',
  reading      {text},                      -- how far the reading under way has come, as JSON
  ended_ms     {int}                        -- archived: nothing more happens in it
) {strict};
CREATE INDEX mirror_wanted ON mirror (wanted_ms) WHERE wanted_ms IS NOT NULL;
CREATE INDEX mirror_incident ON mirror (incident_id);

CREATE TABLE mirror_thread (
  channel_id {text} NOT NULL REFERENCES mirror (channel_id) ON DELETE CASCADE,
  thread_ts  {text} NOT NULL,
  known_ts   {text} NOT NULL DEFAULT '',    -- replies are complete up to this one
  read_ms    {int} NOT NULL DEFAULT 0,      -- when it was last read to its end
  wanted     {int} NOT NULL DEFAULT 0,      -- by the reading under way
  PRIMARY KEY (channel_id, thread_ts)
) {strict};
CREATE INDEX mirror_thread_wanted ON mirror_thread (channel_id, thread_ts) WHERE wanted = 1;

-- Spans of which nobody can know any more what was said, or when it changed.
CREATE TABLE mirror_gap (
  id          {id},
  incident_id {int} NOT NULL REFERENCES incident (id) ON DELETE CASCADE,
  channel_id  {text} NOT NULL,
  from_ms     {int} NOT NULL,
  to_ms       {int} NOT NULL,
  reason      {text} NOT NULL,
  certain     {int} NOT NULL,               -- 0: it goes when all that was found is told of after all
  found_ms    {int} NOT NULL,
  told_ms     {int}                         -- when the channel was told
) {strict};
CREATE INDEX mirror_gap_incident ON mirror_gap (incident_id, from_ms);
CREATE INDEX mirror_gap_channel ON mirror_gap (channel_id, to_ms);

-- What a reading found and no event has told of yet: proof that events were lost, until they come late.
CREATE TABLE mirror_found (
  channel_id {text} NOT NULL REFERENCES mirror (channel_id) ON DELETE CASCADE,
  ts         {text} NOT NULL,
  what       {text} NOT NULL,               -- 'said' | 'deleted' | 'edited:TS'
  gap_id     {int} NOT NULL REFERENCES mirror_gap (id) ON DELETE CASCADE,
  PRIMARY KEY (channel_id, ts, what)
) {strict};
CREATE INDEX mirror_found_gap ON mirror_found (gap_id);

-- Reactions and pins at messages that are not known yet: events come in any order.
CREATE TABLE mirror_early (
  channel_id {text} NOT NULL REFERENCES mirror (channel_id) ON DELETE CASCADE,
  ts         {text} NOT NULL,
  event_ts   {text} NOT NULL,
  event      {text} NOT NULL,               -- as it came
  seen_ms    {int} NOT NULL,
  PRIMARY KEY (channel_id, ts, event_ts)
) {strict};

-- What was said in an incident's channel, as it stands; earlier versions are in message_version.
CREATE TABLE message (
  id          {id},
  incident_id {int} NOT NULL REFERENCES incident (id) ON DELETE CASCADE,
  channel_id  {text} NOT NULL,
  ts          {text} NOT NULL,
  thread_ts   {text},                       -- of a reply
  at_ms       {int} NOT NULL,
  kind        {text} NOT NULL,              -- 'said' | 'joined' | 'left' | 'topic' | … see domain::timeline::Kind
  user_id     {text},
  author      {text} NOT NULL,              -- the name as it was known then
  ours        {int} NOT NULL DEFAULT 0,     -- the bot's own
  text        {text} NOT NULL,              -- as written, in Slack's markup
  plain       {text} NOT NULL,              -- names instead of ids, no markup
  files       {text} NOT NULL DEFAULT '[]', -- domain::timeline::File as JSON
  reactions   {text} NOT NULL DEFAULT '{}', -- name → user ids
  marks       {text} NOT NULL DEFAULT '{}', -- "name user" or "pin" → the timestamp of the last event about it
  versions    {int} NOT NULL DEFAULT 1,
  edited_ts   {text},                       -- Slack's, of the newest version
  deleted_ms  {int},                        -- when it was deleted, or found to be
  deleted_by  {text} NOT NULL DEFAULT '',   -- 'event' | 'inferred'
  pinned      {int} NOT NULL DEFAULT 0,
  key_by      {text},                       -- who marked it as a key moment
  key_ms      {int},
  seen_ms     {int} NOT NULL
) {strict};
CREATE UNIQUE INDEX message_place ON message (channel_id, ts);
CREATE INDEX message_thread ON message (channel_id, thread_ts, ts) WHERE thread_ts IS NOT NULL;
CREATE INDEX message_incident ON message (incident_id, ts);
CREATE INDEX message_key ON message (incident_id, ts) WHERE key_ms IS NOT NULL;

-- Earlier versions: the newest one stands in its message.
CREATE TABLE message_version (
  message_id {int} NOT NULL REFERENCES message (id) ON DELETE CASCADE,
  edited_ts  {text} NOT NULL,               -- '': as it was first said
  text       {text} NOT NULL,
  plain      {text} NOT NULL,
  seen_ms    {int} NOT NULL,
  PRIMARY KEY (message_id, edited_ts)
) {strict};

-- People and user groups as Slack last told of them: names in texts, guests, members.
CREATE TABLE person (
  user_id    {text} PRIMARY KEY,
  name       {text} NOT NULL,               -- what others see
  handle     {text} NOT NULL,
  email      {text},
  kind       {text} NOT NULL,               -- 'member' | 'guest' | 'bot' | 'gone'
  zone       {text},                        -- 'Europe/Berlin'
  fetched_ms {int} NOT NULL
) {strict};
CREATE INDEX person_email ON person (email);

CREATE TABLE usergroup (
  group_id   {text} PRIMARY KEY,
  handle     {text} NOT NULL,
  name       {text} NOT NULL,
  members    {text} NOT NULL,               -- JSON list of user ids
  fetched_ms {int} NOT NULL
) {strict};

-- Names of channels that were mentioned.
CREATE TABLE channel_name (
  channel_id {text} PRIMARY KEY,
  name       {text} NOT NULL,
  fetched_ms {int} NOT NULL
) {strict};
