// Package store is the only place with SQL. One text serves SQLite and PostgreSQL; what
// differs is behind the dialect seam (dialect.go). It implements the small Store interfaces
// that the features declare.
//
// Writing SQL here:
//
//   - parameters are $1…$n; a set travels as one JSON parameter: {each $1} makes rows "j" of
//     a JSON array, whose items are arrays: CAST(j.value->>0 AS BIGINT), j.value->>1 (TEXT).
//     A scalar array of numbers is read as CAST(j.value AS BIGINT). {inner g.members} makes rows "i" of an
//     array inside of one, a column of a CTE that took it with j.value->n;
//   - {lock}, {lock e}, {skip}, {skip e} stand where PostgreSQL's FOR NO KEY UPDATE [OF e]
//     [SKIP LOCKED] does; SQLite's one writer needs none;
//   - {now} is the database's own time in milliseconds (leases, DEC-13);
//   - a parameter that PostgreSQL cannot type by its neighbour needs CAST($1 AS BIGINT);
//   - SQLite chooses badly in UPDATE … FROM small b WHERE big.id = b.id: write big.id = +b.id;
//   - with WHERE account_id = $1 AND id IN (a set) both databases walk the whole account as long as they have no statistics, and
//     PostgreSQL the whole set for each of its rows. Let the set carry the account (ofAccount) and join by both; a
//     condition that must not make the planner think that few rows are left stands in CASE WHEN … THEN TRUE END;
//   - {by expr} is "= expr" of which PostgreSQL cannot make a walk along the whole key: m.id {by CAST(j.value AS BIGINT)};
//   - a statement whose answer matters at the transaction's end only is run by later, queries that do not need each other's answers by
//     eachOf: on PostgreSQL they travel together (pipe.go).
//
// A transaction travels in the context:
//
//	InTx(ctx)
//	   │ begins on the writer (SQLite: BEGIN IMMEDIATE, PostgreSQL: READ COMMITTED)
//	   ▼
//	fn(ctx) ── InTx(ctx) joins ── Savepoint(ctx) can be undone alone
//	   │ error or panic: rolled back, hooks and signals forgotten
//	   │ deadlock, serialization, busy: fn runs again, a few times
//	   ▼
//	commit ── AfterCommit hooks, then Signal's topics wake subscribers on every node
//
// Outside a transaction reads go to the read pool, and a write is a transaction of its own.
package store
