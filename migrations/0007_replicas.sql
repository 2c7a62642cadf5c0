-- The replicas at work (PostgreSQL has several): each counts up every second, so that the others notice its end.
CREATE TABLE replica (
  holder         {text} PRIMARY KEY,
  schema_version {int} NOT NULL,            -- the newest schema it knows: an older one has to stop before a migration
  beats          {int} NOT NULL,
  beat_ms        {int} NOT NULL             -- by its own clock, for people who look
) {strict};

-- Answers and forms that are of no use after a while: found when their time is over.
CREATE INDEX outbox_expires ON outbox (expires_ms) WHERE state = 'waiting' AND expires_ms IS NOT NULL;
