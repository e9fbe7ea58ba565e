-- no-transaction
-- What carriers have put off is counted by the doctor and the metrics: few at most moments, and among a million messages found by an index alone.
CREATE INDEX {concurrently} IF NOT EXISTS message_waiting ON message (account_id, id) WHERE status = 'waiting';
