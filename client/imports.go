package client

import (
	"context"
	"io"
	"net/http"
	"net/url"
)

// ImportLook is an uploaded file with what would become of it.
type ImportLook struct {
	Operation  ID             `json:"operation" doc:"names the import"`
	Rows       int64          `json:"rows" doc:"below the header, without empty lines"`
	Header     []string       `json:"header"`
	Encoding   string         `json:"encoding"`
	Separator  string         `json:"separator"`
	Unreadable int64          `json:"unreadable" doc:"rows that cannot be read"`
	Columns    []ImportColumn `json:"columns" doc:"what the columns mean, guessed unless told"`
	Ignored    []string       `json:"ignored" doc:"columns that are not imported"`
	Preview    []ImportRow    `json:"preview" doc:"the first rows, with the problems of each cell"`
}

// ImportColumn says what a column means.
type ImportColumn struct {
	Column string `json:"column" doc:"its name in the header"`
	Field  string `json:"field" doc:"first_name, email, phone, tags, custom:NAME …; empty: not imported"`
}

// ImportRow is one row of a preview; a row with a problem would be refused.
type ImportRow struct {
	Line    int          `json:"line"`
	Cells   []ImportCell `json:"cells"`
	Problem string       `json:"problem,omitempty"`
}

// ImportCell is one cell.
type ImportCell struct {
	Text    string `json:"text"`
	Problem string `json:"problem,omitempty"`
	Read    string `json:"read,omitempty" doc:"a day, as it was understood: 1980-12-31"`
}

// ImportParams are what a person says of a file.
type ImportParams struct {
	Columns  []ImportColumn `json:"columns,omitempty" doc:"as in the look, corrected; guessed when absent"`
	Source   string         `json:"source,omitempty" maxLength:"200" doc:"of rows that do not say where they come from"`
	Stage    string         `json:"stage,omitempty" doc:"of new contacts whose row has none"`
	Assigned ID             `json:"assigned,omitempty" doc:"user, for rows that name nobody"`
	Tags     []string       `json:"tags,omitempty" doc:"added to every contact"`
	Groups   []string       `json:"groups,omitempty"`
	Consent  ImportConsent  `json:"consent,omitzero" doc:"what the list rests on; required to start"`
	Days     string         `json:"days,omitempty" enum:"mdy,dmy" doc:"how days such as 3/4/1980 are read; when absent, as the column tells, else the other columns, else as in the account's country"`
}

// ImportConsent is what a list rests on (CMP-8).
type ImportConsent struct {
	Basis    string   `json:"basis,omitempty" enum:"none,inquiry,transaction,express,express_written"`
	Channels []string `json:"channels,omitempty" enum:"email,sms,call,mail" doc:"what it covers; what the basis usually does when absent"`
	Wording  string   `json:"wording,omitempty" doc:"exactly what the people were shown"`
	Document string   `json:"document,omitempty" doc:"where the evidence is"`
}

// UploadImport uploads a CSV file, which StartImport makes contacts of.
func (c *Client) UploadImport(ctx context.Context, csv io.Reader) (ImportLook, error) {
	var out ImportLook
	_, err := c.do(ctx, request{method: http.MethodPost, path: "/imports", reader: csv, ctype: "text/csv", once: true}, &out)
	return out, err
}

// LookImport shows an uploaded file as it would be read with these parameters.
func (c *Client) LookImport(ctx context.Context, id ID, p ImportParams) (ImportLook, error) {
	return send[ImportLook](ctx, c, http.MethodPost, path("imports", string(id), "look"), p)
}

// StartImport begins the import of an uploaded file.
func (c *Client) StartImport(ctx context.Context, id ID, p ImportParams) (Operation, error) {
	return send[Operation](ctx, c, http.MethodPost, path("imports", string(id), "start"), p)
}

// ExportContacts writes the contacts that match as CSV.
func (c *Client) ExportContacts(ctx context.Context, f ContactFilter) ([]byte, error) {
	q := url.Values{}
	f.query(q)
	return get[[]byte](ctx, c, "/contacts/export", q)
}
