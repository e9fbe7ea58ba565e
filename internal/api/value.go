package api

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"hash/crc32"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tactus/client"
	"tactus/internal/fault"
)

// idOf is an id as the API writes it; 0 is none.
func idOf(id int64) client.ID {
	if id == 0 {
		return ""
	}
	return client.ID(strconv.FormatInt(id, 10))
}

func idsOf(ids []int64) []client.ID {
	out := make([]client.ID, len(ids))
	for i, id := range ids {
		out[i] = idOf(id)
	}
	return out
}

// number reads an id; what is none names nothing.
func number(id client.ID) (int64, bool) {
	n, err := strconv.ParseInt(string(id), 10, 64)
	return n, err == nil && n > 0 && id == idOf(n)
}

// object reads the id of a path; what is none is not found, like what belongs to others (SEC-1).
func object(id, what string) (int64, error) {
	n, ok := number(client.ID(id))
	if !ok {
		return 0, fault.New(fault.NotFound, "there is no such %s", what)
	}
	return n, nil
}

// reference reads an optional id in a body; 0 when it is absent.
func reference(field string, id client.ID) (int64, error) {
	if id == "" {
		return 0, nil
	}
	n, ok := number(id)
	if !ok {
		return 0, invalid(field, "%q is not an id", string(id))
	}
	return n, nil
}

// references reads a list of ids in a body.
func references(field string, ids []client.ID) ([]int64, error) {
	out := make([]int64, len(ids))
	for i, id := range ids {
		n, ok := number(id)
		if !ok {
			return nil, invalid(field+"["+strconv.Itoa(i)+"]", "%q is not an id", string(id))
		}
		out[i] = n
	}
	return out, nil
}

// moment is an optional instant in an answer; the zero time is absent.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// instant is an optional instant of a request, as the database keeps it.
func instant(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Millisecond)
}

// texts is a list that is never null.
func texts(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// each makes a list that is never null.
func each[T, U any](list []T, f func(T) U) []U {
	out := make([]U, len(list))
	for i, v := range list {
		out[i] = f(v)
	}
	return out
}

// cursor hides where the next page begins; list keeps cursors of one list from being used on another.
func cursor(list, after string) string {
	if after == "" {
		return ""
	}
	sum := strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(list+"\x00"+after))), 36)
	return base64.RawURLEncoding.EncodeToString([]byte(sum + "." + after))
}

// place reads a cursor of a list; "" is the beginning.
func place(list, given string) (string, error) {
	if given == "" {
		return "", nil
	}
	data, err := base64.RawURLEncoding.DecodeString(given)
	_, after, ok := strings.Cut(string(data), ".")
	if err != nil || !ok || cursor(list, after) != given {
		return "", invalid("cursor", "this is not a cursor of this list; take next of the page before")
	}
	return after, nil
}

// placeID is place for lists in the order of ids.
func placeID(list, given string) (int64, error) {
	after, err := place(list, given)
	if err != nil || after == "" {
		return 0, err
	}
	n, err := strconv.ParseInt(after, 10, 64)
	if err != nil {
		return 0, invalid("cursor", "this is not a cursor of this list; take next of the page before")
	}
	return n, nil
}

// cursorID is cursor for lists in the order of ids; 0 is the end.
func cursorID(list string, next int64) string {
	if next == 0 {
		return ""
	}
	return cursor(list, strconv.FormatInt(next, 10))
}

// tagOf is the ETag of an answer that has no number of its own: a digest of what it says.
func tagOf(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

// match checks If-Match against what is there now; "" asks for nothing.
func match(ifMatch, now string) error {
	if ifMatch == "" || ifMatch == "*" {
		return nil
	}
	for tag := range strings.SplitSeq(ifMatch, ",") {
		if strings.TrimSpace(tag) == now {
			return nil
		}
	}
	return status(http.StatusPreconditionFailed, "stale", "it has changed since you read it (it is "+now+" now); read it again and repeat your change")
}

// mustMatch is match for edits that must say what they edit.
func mustMatch(ifMatch, now string) error {
	if ifMatch == "" {
		return status(http.StatusPreconditionRequired, "precondition_required", "say which version you edit: If-Match: "+now)
	}
	return match(ifMatch, now)
}
