package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"reflect"
	"slices"

	"tactus/internal/account"
	"tactus/internal/contact"
	"tactus/internal/fault"
)

func sortIDs(set []int64) { slices.Sort(set) }

const contactQuery = `SELECT c.id, c.account_id, c.first_name, c.last_name, c.source_id, COALESCE(so.name, ''), c.stage_id, COALESCE(st.name, ''), c.assigned_id,
	c.zone, c.zone_now, c.language, c.birthday, c.street, c.line2, c.city, c.state, c.zip, c.country, c.dates, c.fields, c.killed,
	c.created_at, c.updated_at, c.active_at, c.sort_key
	FROM `

// withNames joins the names of source and stage to contacts.
func withNames(from string) string {
	return from + ` LEFT JOIN label so ON so.id = c.source_id LEFT JOIN label st ON st.id = c.stage_id`
}

type contactLine struct {
	*contact.Contact
	sortKey string
}

func scanContact(scan scanFunc) (contactLine, error) {
	c := &contact.Contact{}
	line := contactLine{Contact: c}
	var dates, fields string
	var created, updated, active int64
	err := scan(&c.ID, &c.AccountID, &c.FirstName, &c.LastName, &c.SourceID, &c.Source, &c.StageID, &c.Stage, &c.Assigned,
		&c.Zone, &c.ZoneNow, &c.Language, &c.Birthday, &c.Address.Street, &c.Address.Line2, &c.Address.City, &c.Address.State, &c.Address.Zip,
		&c.Address.Country, &dates, &fields, &c.Killed, &created, &updated, &active, &line.sortKey)
	if err != nil {
		return line, err
	}
	c.CreatedAt, c.UpdatedAt, c.ActiveAt = fromMilli(created), fromMilli(updated), fromMilli(active)
	if err := documentOf(dates, &c.Dates); err != nil {
		return line, err
	}
	return line, documentOf(fields, &c.Fields)
}

// documentOf reads a map; {} stays nil.
func documentOf[T any](text string, m *map[string]T) error {
	if text == "{}" {
		return nil
	}
	return fromJSON(text, m)
}

// FullContacts implements contact.Store.
func (db *DB) FullContacts(ctx context.Context, acct int64, set []int64) (map[int64]*contact.Contact, error) {
	out := make(map[int64]*contact.Contact, len(set))
	if len(set) == 0 {
		return out, nil
	}
	args := []any{acct, ids(sorted(set))}
	lines := read{
		ofAccount + contactQuery + withNames(`s CROSS JOIN contact c`) + ` WHERE c.id = s.id AND c.account_id = s.account_id`, args,
		func(scan scanFunc) error {
			l, err := scanContact(scan)
			if err == nil {
				out[l.ID] = l.Contact
			}
			return err
		},
	}
	return out, db.eachOf(ctx, lines, addressesOf(args, out), labelsOf(args, out))
}

// complete loads addresses and labels.
func (db *DB) complete(ctx context.Context, acct int64, all map[int64]*contact.Contact) error {
	if len(all) == 0 {
		return nil
	}
	set := make([]int64, 0, len(all))
	for id := range all {
		set = append(set, id)
	}
	args := []any{acct, ids(set)}
	return db.eachOf(ctx, addressesOf(args, all), labelsOf(args, all))
}

// addressesOf adds their addresses to contacts, those of them that there are by then.
func addressesOf(args []any, all map[int64]*contact.Contact) read {
	return read{ofAccount + `SELECT a.contact_id, a.kind, a.address, a.type FROM s CROSS JOIN contact_address a
		WHERE a.account_id = s.account_id AND a.contact_id = s.id ORDER BY a.contact_id, a.kind, a.position`, args, func(scan scanFunc) error {
		var id int64
		var kind, address, how string
		if err := scan(&id, &kind, &address, &how); err != nil {
			return err
		}
		switch c := all[id]; {
		case c == nil:
		case kind == contact.EmailAddress:
			c.Emails = append(c.Emails, contact.Email{Address: address, Type: how})
		default:
			c.Phones = append(c.Phones, contact.Phone{Number: address, Type: how})
		}
		return nil
	}}
}

// labelsOf adds their tags and groups.
func labelsOf(args []any, all map[int64]*contact.Contact) read {
	return read{ofAccount + `SELECT cl.contact_id, l.kind, l.id, l.name FROM s CROSS JOIN contact_label cl JOIN label l ON l.id = cl.label_id
		WHERE cl.account_id = s.account_id AND cl.contact_id = s.id ORDER BY cl.contact_id, l.name_key`, args, func(scan scanFunc) error {
		var id, label int64
		var kind, name string
		if err := scan(&id, &kind, &label, &name); err != nil {
			return err
		}
		switch c := all[id]; {
		case c == nil:
		case kind == string(account.Group):
			c.Groups, c.GroupIDs = append(c.Groups, name), append(c.GroupIDs, label)
		default:
			c.Tags, c.TagIDs = append(c.Tags, name), append(c.TagIDs, label)
		}
		return nil
	}}
}

// Holders implements contact.Store.
func (db *DB) Holders(ctx context.Context, acct int64, emails, phones []string) ([]contact.Holder, error) {
	var set [][2]string
	for _, e := range emails {
		set = append(set, [2]string{contact.EmailAddress, e})
	}
	for _, p := range phones {
		set = append(set, [2]string{contact.PhoneAddress, p})
	}
	if len(set) == 0 {
		return nil, nil
	}
	// CROSS JOIN: SQLite keeps the order, else it reads all addresses of the account first.
	return list(ctx, db, `SELECT DISTINCT c.id, a.kind, a.address, c.first_name, c.last_name FROM {each $2} CROSS JOIN contact_address a CROSS JOIN contact c
		WHERE a.account_id = $1 AND a.kind = j.value->>0 AND a.address = j.value->>1 AND c.id = a.contact_id ORDER BY c.id`, []any{acct, toJSON(set)},
		func(scan scanFunc) (h contact.Holder, err error) {
			return h, scan(&h.ID, &h.Kind, &h.Address, &h.FirstName, &h.LastName)
		})
}

// selection is the contacts of a filter: FROM from WHERE where; id is the column to order by and to go on from.
type selection struct {
	*where
	from, id string
}

// filtered makes the selection of a filter; "c" is the contact, $1 the account. A list by id with a label walks the label's
// own index, which has its contacts in order: a page then costs its own size, however common or rare the label is. SQLite
// keeps the order of a CROSS JOIN.
func (db *DB) filtered(ctx context.Context, acct int64, f contact.Filter, byID bool) (selection, error) {
	w := selection{newWhere(`c.account_id = ?`, acct), `contact c`, `c.id`}
	labels := f.LabelIDs
	if byID && len(labels) > 0 {
		w.from, w.id = `contact_label d CROSS JOIN contact c`, `d.contact_id`
		w.add(`d.account_id = $1 AND d.label_id = ? AND c.id = d.contact_id`, labels[0])
		labels = labels[1:]
	}
	for _, id := range labels {
		w.add(`EXISTS (SELECT 1 FROM contact_label l WHERE l.account_id = $1 AND l.contact_id = c.id AND l.label_id = ?)`, id)
	}
	w.addIf(f.StageID != 0, `c.stage_id = ?`, f.StageID)
	w.addIf(f.SourceID != 0, `c.source_id = ?`, f.SourceID)
	w.addIf(f.AssignedID > 0, `c.assigned_id = ?`, f.AssignedID)
	w.addIf(f.AssignedID == contact.Nobody, `c.assigned_id = 0`)
	if f.PlanID != 0 {
		if err := db.addPlan(ctx, &w, acct, f, byID); err != nil {
			return w, err
		}
	}
	w.addIf(!f.ActiveSince.IsZero(), `c.active_at >= ? AND c.active_at <> 0`, milli(f.ActiveSince)) // 0 = has never done anything
	w.addIf(!f.ActiveBefore.IsZero(), `(c.active_at < ? OR c.active_at = 0)`, milli(f.ActiveBefore))
	w.addIf(f.IDs != nil, `c.id IN (SELECT CAST(j.value AS BIGINT) FROM {each ?})`, ids(f.IDs))
	w.addIf(len(f.Except) > 0, `c.id NOT IN (SELECT CAST(j.value AS BIGINT) FROM {each ?})`, ids(f.Except))
	switch key := account.NameKey(f.Text); {
	case f.Text == "":
	case key == "":
		w.add(`FALSE`) // a text that says nothing is not the same as none: nobody is meant, rather than everybody
	default:
		from, to := w.arg(key), w.arg(key+"\U0010FFFF")
		w.add(`c.id IN (SELECT id FROM contact WHERE account_id = $1 AND name_key >= ` + from + ` AND name_key < ` + to + `
			UNION ALL SELECT id FROM contact WHERE account_id = $1 AND sort_key >= ` + from + ` AND sort_key < ` + to + `
			UNION ALL SELECT contact_id FROM contact_address WHERE account_id = $1 AND kind IN ('email', 'phone') AND address >= ` + from + ` AND address < ` + to + `)`)
	}
	return w, nil
}

// place is where the next page of a list begins.
type place struct {
	ID   int64  `json:"i"`
	Sort string `json:"s,omitempty"`
}

func (p place) String() string { return base64.RawURLEncoding.EncodeToString([]byte(toJSON(p))) }

func placeOf(text string) (p place, err error) {
	if text == "" {
		return p, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil {
		return p, fault.Wrap(fault.Invalid, err, "this page of the list does not exist; begin with the first")
	}
	return p, nil
}

// ListContacts implements contact.Store.
func (db *DB) ListContacts(ctx context.Context, acct int64, q contact.Query) (contact.List, error) {
	after, err := placeOf(q.After)
	if err != nil {
		return contact.List{}, err
	}
	byName := q.Order == contact.ByName
	w, err := db.filtered(ctx, acct, q.Filter, !byName)
	if err != nil {
		return contact.List{}, err
	}
	order := w.id + ` DESC`
	if byName {
		order = `c.sort_key, c.id`
		w.addIf(q.After != "", `(c.sort_key, c.id) > (?, ?)`, after.Sort, after.ID)
	} else {
		w.addIf(q.After != "", w.id+` < ?`, after.ID)
	}
	lines, err := list(ctx, db, contactQuery+withNames(w.from)+` WHERE `+w.text()+` ORDER BY `+order+` LIMIT `+w.arg(q.Limit+1), w.args, scanContact)
	if err != nil {
		return contact.List{}, err
	}
	var out contact.List
	if len(lines) > q.Limit {
		lines = lines[:q.Limit]
		last := lines[q.Limit-1]
		out.Next = place{ID: last.ID}.String()
		if byName {
			out.Next = place{ID: last.ID, Sort: last.sortKey}.String()
		}
	}
	all := make(map[int64]*contact.Contact, len(lines))
	for _, l := range lines {
		all[l.ID] = l.Contact
	}
	if err := db.complete(ctx, acct, all); err != nil {
		return contact.List{}, err
	}
	for _, l := range lines {
		out.Contacts = append(out.Contacts, *l.Contact)
	}
	return out, nil
}

// CountContacts implements contact.Store.
func (db *DB) CountContacts(ctx context.Context, acct int64, f contact.Filter) (int64, error) {
	return tallied(ctx, db, tallyKey(acct, "contacts", f), func(ctx context.Context) (n, many int64, err error) {
		n, err = db.countContacts(ctx, acct, f)
		return n, n, err
	})
}

func (db *DB) countContacts(ctx context.Context, acct int64, f contact.Filter) (n int64, err error) {
	switch { // what is counted already, or by an index alone
	case byPlanAlone(f):
		if n, ok, err := db.onPlan(ctx, acct, f); ok || err != nil {
			return n, err
		}
	case len(f.LabelIDs) == 1 && reflect.DeepEqual(f, contact.Filter{LabelIDs: f.LabelIDs}):
		return n, db.get(ctx, `SELECT COUNT(*) FROM contact_label WHERE account_id = $1 AND label_id = $2`, []any{acct, f.LabelIDs[0]}, &n)
	}
	w, err := db.filtered(ctx, acct, f, true)
	if err != nil {
		return 0, err
	}
	return n, db.get(ctx, `SELECT COUNT(*) FROM `+w.from+` WHERE `+w.text(), w.args, &n)
}

// ContactIDs implements contact.Store.
func (db *DB) ContactIDs(ctx context.Context, acct int64, f contact.Filter, after int64, limit int) ([]int64, error) {
	w, err := db.filtered(ctx, acct, f, true)
	if err != nil {
		return nil, err
	}
	w.add(w.id+` > ?`, after)
	return list(ctx, db, `SELECT `+w.id+` FROM `+w.from+` WHERE `+w.text()+` ORDER BY `+w.id+` LIMIT `+w.arg(limit), w.args, scanID)
}
