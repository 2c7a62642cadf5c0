-- Webhooks that wait to be sorted into alert groups. A table with nothing but its key: under a storm each row is written
-- and deleted within milliseconds, and every index would be written with it.
CREATE TABLE webhook (
-- sqlite only
  id          INTEGER PRIMARY KEY,
-- postgres only
  id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
-- both
  origin      {text} NOT NULL,              -- the integration's name
  body        {text} NOT NULL,              -- engine::intake::AlertsRow as JSON
  received_ms {int} NOT NULL
) {strict};
INSERT INTO webhook (origin, body, received_ms)
  SELECT origin, body, received_ms FROM inbox WHERE kind = 'alerts' AND state = 'new' ORDER BY id;
DELETE FROM inbox WHERE kind = 'alerts' AND state = 'new';
