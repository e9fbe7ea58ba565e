-- EMAIL-6: those that wait because a sender's limits are reached stand in a queue. Their turns are numbered, so that each is looked at
-- about when it is its turn, and not all of them whenever a place is free.
ALTER TABLE message ADD COLUMN turn BIGINT NOT NULL DEFAULT 0;

CREATE TABLE send_queue (
  account_id BIGINT NOT NULL,
  sender TEXT NOT NULL,
  lane BIGINT NOT NULL,
  issued BIGINT NOT NULL DEFAULT 0,    -- the last turn given
  gone BIGINT NOT NULL DEFAULT 0,      -- the highest turn that has left
  base BIGINT NOT NULL DEFAULT 0,      -- turns up to this one are of a queue that is over
  expect BIGINT NOT NULL DEFAULT 0,    -- when somebody must have come for a place, if anybody waits
  PRIMARY KEY (account_id, sender, lane)
);
