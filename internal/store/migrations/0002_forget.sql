-- What is forgotten by its age is found by it; until now that walked through all keys of a day.
CREATE INDEX idempotency_at ON idempotency (at);
CREATE INDEX start_count_day ON start_count (day);
