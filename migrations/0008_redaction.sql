-- The chain of a record covers hashes of texts, not the texts: one that is taken out leaves its hash behind.
ALTER TABLE incident ADD COLUMN chain_key {text} NOT NULL DEFAULT ''; -- from which the salts of those hashes come
-- sqlite only
UPDATE incident SET chain_key = lower(hex(randomblob(16)));
-- postgres only
UPDATE incident SET chain_key = replace(gen_random_uuid()::text, '-', '');
-- both

-- Of a message whose text was taken out: domain::timeline::Redacted as JSON. It is never taken in again.
ALTER TABLE message ADD COLUMN redacted {text};
CREATE INDEX message_deleted_kept ON message (id) WHERE deleted_ms IS NOT NULL AND redacted IS NULL;
