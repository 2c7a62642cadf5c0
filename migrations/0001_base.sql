-- What every part stands on: settings of the database itself, leases, counters, and the events.

CREATE TABLE meta (
  key {text} PRIMARY KEY,
  value {text} NOT NULL
) {strict};

-- Work that one replica does at a time: whoever holds the lease until its time.
CREATE TABLE lease (
  name {text} PRIMARY KEY,
  holder {text} NOT NULL,
  until_ms {int} NOT NULL
) {strict};

-- Numbers people see (#24): counted in the transaction that uses them, so without gaps.
CREATE TABLE counter (
  name {text} PRIMARY KEY,
  value {int} NOT NULL
) {strict};

-- What was decided, by whom and why. Only ever appended to.
CREATE TABLE event (
  id {id},
  at_ms {int} NOT NULL,
  subject {text} NOT NULL,
  kind {text} NOT NULL,
  actor {text} NOT NULL,
  source {text} NOT NULL,
  reason {text} NOT NULL,
  data {text} NOT NULL
) {strict};
CREATE INDEX event_by_subject ON event (subject, id);
CREATE INDEX event_by_time ON event (at_ms);
