-- no-transaction
-- Lists of messages and tasks read their page from an index; until now they sorted all of the account's.
CREATE INDEX {concurrently} IF NOT EXISTS message_account ON message (account_id, id);
CREATE INDEX {concurrently} IF NOT EXISTS message_plan ON message (account_id, plan_id, id);
CREATE INDEX {concurrently} IF NOT EXISTS task_account ON task (account_id, (COALESCE(due_at, 4611686018427387904)), id);
