-- Of several alerts with the same values of a rule's equal labels only one hushes, as in Alertmanager: the one last
-- heard of firing. Rows are looked up anew when the driver starts (it has not written that it knows these rules).
DROP TABLE inhibit_source;
CREATE TABLE inhibit_source (
  rule        {text} NOT NULL,
  equal_key   {text} NOT NULL,
  integration {text} NOT NULL,
  fingerprint {text} NOT NULL,
  both_sides  {int} NOT NULL DEFAULT 0,   -- it matches the rule's target side too
  until_ms    {int} NOT NULL,             -- until when it fires if it is not heard of again; a longer one takes its place
  PRIMARY KEY (rule, equal_key)
) {strict};
CREATE INDEX inhibit_source_alert ON inhibit_source (integration, fingerprint);

-- Whatever happens to a group asks which are attached to it.
CREATE INDEX alert_group_attached ON alert_group (attached_to) WHERE attached_to IS NOT NULL;

-- Names of people, from what Slack sends with their clicks and commands: who did something is named without being rung.
CREATE TABLE person_name (
  user_id {text} PRIMARY KEY,
  name    {text} NOT NULL
) {strict};
