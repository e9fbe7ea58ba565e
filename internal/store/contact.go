package store

import (
	"context"
	"strconv"
	"strings"

	"tactus/internal/account"
	"tactus/internal/contact"
	"tactus/internal/fault"
)

var _ contact.Store = (*DB)(nil)

// contactFields are the columns that a record sets, in the order of contactRow.
var contactFields = []struct{ name, kind string }{
	{"first_name", "TEXT"},
	{"last_name", "TEXT"},
	{"source_id", "BIGINT"},
	{"stage_id", "BIGINT"},
	{"assigned_id", "BIGINT"},
	{"zone", "TEXT"},
	{"zone_now", "TEXT"},
	{"language", "TEXT"},
	{"birthday", "TEXT"},
	{"street", "TEXT"},
	{"line2", "TEXT"},
	{"city", "TEXT"},
	{"state", "TEXT"},
	{"zip", "TEXT"},
	{"country", "TEXT"},
	{"email", "TEXT"},
	{"phone", "TEXT"},
	{"dates", "TEXT"},
	{"fields", "TEXT"},
	{"name_key", "TEXT"},
	{"sort_key", "TEXT"},
	{"killed", "BOOLEAN"},
	{"created_at", "BIGINT"},
	{"updated_at", "BIGINT"},
	{"active_at", "BIGINT"},
}

// contactRow is a contact as a row for {each}; its first item is n: the ordinal of a new one, the id of a known one.
func contactRow(n int64, c *contact.Contact) []any {
	email, phone := "", ""
	if len(c.Emails) > 0 {
		email = c.Emails[0].Address
	}
	if len(c.Phones) > 0 {
		phone = c.Phones[0].Number
	}
	return []any{
		n, c.FirstName, c.LastName, c.SourceID, c.StageID, c.Assigned,
		c.Zone, c.ZoneNow, c.Language, c.Birthday, c.Address.Street, c.Address.Line2,
		c.Address.City, c.Address.State, c.Address.Zip, c.Address.Country, email, phone,
		document(c.Dates), document(c.Fields), account.NameKey(c.FirstName + " " + c.LastName), account.NameKey(c.LastName + " " + c.FirstName), c.Killed,
		milli(c.CreatedAt), milli(c.UpdatedAt), milli(c.ActiveAt),
	}
}

// document is a map as a JSON document; an empty one is {}.
func document[T any](m map[string]T) string {
	if len(m) == 0 {
		return "{}"
	}
	return toJSON(m)
}

// contactParts are the statements' parts that follow from contactFields.
func contactParts() (columns, values, sets string) {
	var c, v, s []string
	for i, f := range contactFields {
		value := "j.value->>" + strconv.Itoa(i+1)
		if f.kind != "TEXT" {
			value = "CAST(" + value + " AS " + f.kind + ")"
		}
		c, v = append(c, f.name), append(v, value+" AS "+f.name)
		if f.name != "created_at" {
			s = append(s, f.name+" = b."+f.name)
		}
	}
	return strings.Join(c, ", "), strings.Join(v, ", "), strings.Join(s, ", ")
}

// LockContacts implements contact.Store.
func (db *DB) LockContacts(ctx context.Context, acct int64, set []int64) ([]int64, error) {
	if len(set) == 0 {
		return nil, nil
	}
	k := db.known(ctx)
	if there, all := k.held(acct, set); all {
		return there, nil
	}
	var there []int64
	lock := read{
		ofAccount + `SELECT c.id FROM s CROSS JOIN contact c WHERE c.id = s.id AND c.account_id = s.account_id ORDER BY c.id {lock c}`,
		[]any{acct, ids(set)},
		collect(&there, scanID),
	}
	reads := []read{lock}
	var rev []int64
	if db.Nodes() && k != nil { // what it is once the locks are there is asked for next
		reads = append(reads, read{accountRev, []any{acct}, collect(&rev, scanID)})
	}
	if err := db.eachOf(ctx, reads...); err != nil {
		return nil, err
	}
	k.hold(acct, set, there)
	for _, n := range rev {
		k.revs = map[int64]int64{acct: n}
	}
	return there, nil
}

// InsertContacts implements contact.Store.
func (db *DB) InsertContacts(ctx context.Context, acct int64, rows []contact.Record) ([]int64, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	set := make([][]any, len(rows))
	for i, r := range rows {
		set[i] = contactRow(int64(i), r.Contact)
	}
	columns, values, _ := contactParts()
	made, err := db.insertSet(ctx, `INSERT INTO contact (account_id, `+columns+`)
		SELECT CAST($1 AS BIGINT), `+values+` FROM {each $2} ORDER BY CAST(j.value->>0 AS BIGINT) RETURNING id`, len(rows), acct, toJSON(set))
	if err != nil {
		return nil, err
	}
	if err := db.insertAddresses(ctx, acct, rows, made); err != nil {
		return nil, err
	}
	return made, db.saveLabels(ctx, acct, rows, made)
}

// insertSet runs an INSERT … SELECT … ORDER BY … RETURNING id and returns the ids in the order of the rows: both
// databases number rows in the order in which the SELECT gives them, though they may return them in another.
func (db *DB) insertSet(ctx context.Context, query string, n int, args ...any) ([]int64, error) {
	made, err := list(ctx, db, query, args, scanID)
	if err != nil {
		return nil, err
	}
	if len(made) != n {
		return nil, fault.New(fault.Internal, "%d of %d rows were stored", len(made), n)
	}
	sortIDs(made)
	return made, nil
}

// SaveContacts implements contact.Store.
func (db *DB) SaveContacts(ctx context.Context, acct int64, rows []contact.Record) error {
	if len(rows) == 0 {
		return nil
	}
	set, all := make([][]any, len(rows)), make([]int64, len(rows))
	var moved []contact.Record
	var movedIDs []int64
	for i, r := range rows {
		set[i], all[i] = contactRow(r.Contact.ID, r.Contact), r.Contact.ID
		if !r.SameAddresses {
			moved, movedIDs = append(moved, r), append(movedIDs, r.Contact.ID)
		}
	}
	if _, err := db.exec(ctx, updateContacts(), acct, toJSON(set)); err != nil {
		return err
	}
	if len(moved) > 0 {
		if _, err := db.exec(ctx, `DELETE FROM contact_address WHERE account_id = $1 AND contact_id IN (SELECT CAST(j.value AS BIGINT) FROM {each $2})`, acct, ids(movedIDs)); err != nil {
			return err
		}
		if err := db.insertAddresses(ctx, acct, moved, movedIDs); err != nil {
			return err
		}
	}
	return db.saveLabels(ctx, acct, rows, all)
}

// updateContacts is the statement of SaveContacts. +account_id: else SQLite walks the whole account and looks through the
// set for each of its contacts.
func updateContacts() string {
	_, values, sets := contactParts()
	return `UPDATE contact SET ` + sets + ` FROM (SELECT CAST(j.value->>0 AS BIGINT) AS id, ` + values + ` FROM {each $2}) b
		WHERE contact.id = +b.id AND +contact.account_id = $1`
}

func (db *DB) insertAddresses(ctx context.Context, acct int64, rows []contact.Record, owners []int64) error {
	var set [][5]any
	for i, r := range rows {
		for n, e := range r.Contact.Emails {
			set = append(set, [5]any{contact.EmailAddress, e.Address, owners[i], e.Type, n})
		}
		for n, p := range r.Contact.Phones {
			set = append(set, [5]any{contact.PhoneAddress, p.Number, owners[i], p.Type, n})
		}
	}
	if len(set) == 0 {
		return nil
	}
	return db.later(ctx, `INSERT INTO contact_address (account_id, kind, address, contact_id, type, position)
		SELECT CAST($1 AS BIGINT), j.value->>0, j.value->>1, CAST(j.value->>2 AS BIGINT), j.value->>3, CAST(j.value->>4 AS BIGINT)
		FROM {each $2} WHERE TRUE ON CONFLICT DO NOTHING`, acct, toJSON(set))
}

func (db *DB) saveLabels(ctx context.Context, acct int64, rows []contact.Record, owners []int64) error {
	var add, remove [][2]int64
	for i, r := range rows {
		for _, id := range r.AddLabels {
			add = append(add, [2]int64{owners[i], id})
		}
		for _, id := range r.RemoveLabels {
			remove = append(remove, [2]int64{owners[i], id})
		}
	}
	if len(remove) > 0 {
		if err := db.later(ctx, `DELETE FROM contact_label WHERE account_id = $1 AND (contact_id, label_id) IN (
			SELECT CAST(j.value->>0 AS BIGINT), CAST(j.value->>1 AS BIGINT) FROM {each $2})`, acct, toJSON(remove)); err != nil {
			return err
		}
	}
	if len(add) == 0 {
		return nil
	}
	return db.later(ctx, `INSERT INTO contact_label (account_id, contact_id, label_id)
		SELECT CAST($1 AS BIGINT), CAST(j.value->>0 AS BIGINT), CAST(j.value->>1 AS BIGINT) FROM {each $2} WHERE TRUE ON CONFLICT DO NOTHING`, acct, toJSON(add))
}

// DeleteContacts implements contact.Store. The ledger, history and suppression entries stay.
func (db *DB) DeleteContacts(ctx context.Context, acct int64, set []int64) error {
	for _, table := range []string{"contact_address", "contact_label", "permission", "task", "start_count"} {
		if _, err := db.exec(ctx, `DELETE FROM `+table+` WHERE account_id = $1 AND contact_id IN (SELECT CAST(j.value AS BIGINT) FROM {each $2})`, acct, ids(set)); err != nil {
			return err
		}
	}
	if _, err := db.exec(ctx, `UPDATE event SET deleted = TRUE WHERE account_id = $1 AND contact_id IN (SELECT CAST(j.value AS BIGINT) FROM {each $2})`, acct, ids(set)); err != nil {
		return err
	}
	if k := db.known(ctx); k != nil {
		k.forget()
	}
	_, err := db.exec(ctx, `DELETE FROM contact WHERE +account_id = $1 AND id IN (SELECT CAST(j.value AS BIGINT) FROM {each $2})`, acct, ids(set))
	return err
}

// FirstStage implements contact.Store.
func (db *DB) FirstStage(ctx context.Context, acct int64) (account.Label, error) {
	found, err := list(ctx, db, `SELECT id, account_id, kind, name, position, 0 FROM label WHERE account_id = $1 AND kind = 'stage' ORDER BY position, id LIMIT 1`,
		[]any{acct}, scanLabel)
	if err != nil || len(found) == 0 {
		return account.Label{}, err
	}
	return found[0], nil
}
