-- no-transaction
-- An event's runs are walked in order, chunk by chunk (ENG-11).
CREATE INDEX {concurrently} IF NOT EXISTS enrollment_event_run ON enrollment (account_id, event_id, id) WHERE event_id > 0;
DROP INDEX {concurrently} IF EXISTS enrollment_event;
