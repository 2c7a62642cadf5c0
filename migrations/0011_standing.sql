-- Who somebody is decides on what they may: an input waits here until Slack has told, and is never taken on trust.
ALTER TABLE inbox ADD COLUMN held_ms {int};     -- since when it waits ('held'); its answer says so, then
ALTER TABLE inbox ADD COLUMN retry_ms {int};    -- when Slack is asked again
CREATE INDEX inbox_held ON inbox (retry_ms) WHERE state = 'held';

-- Guests see what the channels they are in show: which these are, of those the bot may know of.
ALTER TABLE person ADD COLUMN channels {text};   -- JSON list of channel ids; NULL: never asked for
ALTER TABLE person ADD COLUMN channels_ms {int}; -- when Slack was asked

-- Whether a channel is private; NULL: not asked for.
ALTER TABLE channel_name ADD COLUMN private {int};
ALTER TABLE channel_name ADD COLUMN kind_ms {int}; -- when Slack was asked for it

-- Whoever came without being asked for, or as a member of whatever workspace, is asked for again.
UPDATE person SET kind = 'unknown', fetched_ms = 1 WHERE kind = 'member';
