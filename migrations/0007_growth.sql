-- Lists page through what is open in this order.
CREATE INDEX alert_group_list ON alert_group (priority, id DESC) WHERE state <> 'resolved';

-- The silence by matchers that holds a group: whoever ends the silence finds its groups, however many are open.
ALTER TABLE alert_group ADD COLUMN silence_id {int};
-- sqlite only
UPDATE alert_group SET silence_id = json_extract(facts, '$.silenced.rule') WHERE facts LIKE '%"rule":%';
-- postgres only
UPDATE alert_group SET silence_id = (facts::json -> 'silenced' ->> 'rule')::bigint WHERE facts LIKE '%"rule":%';
-- both
CREATE INDEX alert_group_silence ON alert_group (silence_id) WHERE silence_id IS NOT NULL;

-- What is forgotten is found by its age, and what an incident keeps by its group.
CREATE INDEX message_ref_posted ON message_ref (posted_ms);
CREATE INDEX incident_group_ever ON incident_group (group_id);
