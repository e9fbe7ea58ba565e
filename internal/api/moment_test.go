package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// DEC-17: times are RFC 3339, which has years 0 to 9999. A moment that UTC moves out of them, or near their ends, is refused by its field, for
// the page that it stands on could not be written any more.
func TestMomentsThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		k := newKit(t, db)
		c := k.contact("a@example.com").ID
		task := k.raw(http.MethodPost, "/api/v1/tasks", `{"title":"Call"}`)
		event := k.raw(http.MethodPost, "/api/v1/events", fmt.Sprintf(`{"title":"Closing","kind":"closing","contact":%q,"at":"2026-05-01T10:00:00Z"}`, c))
		for _, w := range []struct{ method, path, body, field string }{
			{http.MethodPost, "/api/v1/tasks", `{"title":"Call","due":"AT"}`, "due"},
			{http.MethodPatch, task.header.Get("Location"), `{"due":"AT"}`, "due"},
			{http.MethodPost, "/api/v1/events", fmt.Sprintf(`{"title":"Closing","kind":"closing","contact":%q,"at":"AT"}`, c), "at"},
			{http.MethodPatch, event.header.Get("Location"), `{"at":"AT"}`, "at"},
		} {
			for _, at := range []string{"9999-12-31T23:00:00-05:00", "0000-01-01T00:00:00+05:00", "1899-12-31T00:00:00Z", "9001-01-01T00:00:00Z"} {
				r := k.raw(w.method, w.path, strings.Replace(w.body, "AT", at, 1))
				if r.status != http.StatusUnprocessableEntity || !strings.Contains(r.body, `"`+w.field+`"`) {
					t.Errorf("%s %s with %s: %d %s", w.method, w.path, at, r.status, r.body)
				}
			}
		}
		for _, at := range []string{"0000-06-01T00:00:00Z", "0001-01-01T00:00:00+05:00", "1899-12-31T00:00:00Z"} {
			r := k.raw(http.MethodPost, "/api/v1/contacts/"+string(c)+"/consents", `{"channel":"email","basis":"express","at":"`+at+`"}`)
			if r.status != http.StatusUnprocessableEntity || !strings.Contains(r.body, `"at"`) {
				t.Errorf("consent of %s: %d %s", at, r.status, r.body)
			}
			r = k.raw(http.MethodPost, "/api/v1/prune", `{"history_before":"`+at+`"}`)
			if r.status != http.StatusUnprocessableEntity || !strings.Contains(r.body, `"history_before"`) {
				t.Errorf("pruning before %s: %d %s", at, r.status, r.body)
			}
		}
		for _, at := range []string{"9999-12-31", "0000-01-01", "9999-12-31T23:59"} { // what is counted from it would lie outside
			r := k.raw(http.MethodPatch, "/api/v1/contacts/"+string(c), `{"dates":{"closing":"`+at+`"}}`)
			if r.status != http.StatusUnprocessableEntity || !strings.Contains(r.body, `"dates.closing"`) {
				t.Errorf("a dated field of %s: %d %s", at, r.status, r.body)
			}
		}
		for _, list := range []string{"/api/v1/tasks", "/api/v1/events", "/api/v1/contacts/" + string(c) + "/consents", "/api/v1/contacts/" + string(c) + "/timeline"} {
			if r := k.raw(http.MethodGet, list, ""); r.status != http.StatusOK || !strings.HasPrefix(r.body, "{") || strings.Contains(r.body, "year outside of range") {
				t.Errorf("%s: %d %s", list, r.status, r.body)
			}
		}
	})
}
