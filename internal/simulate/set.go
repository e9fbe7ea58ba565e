package simulate

import (
	"fmt"
	"strconv"
	"strings"
)

// Set lays a KEY=VALUE of --set over a contact; KEY= empties it. Keys may carry "contact." before them. What the contact said of the same
// in other words goes. In custom fields a number, true and false are what they look like.
func Set(c map[string]any, pair string) error {
	key, value, ok := strings.Cut(pair, "=")
	if !ok {
		return fmt.Errorf("%q: write KEY=VALUE, or KEY= to empty it", pair)
	}
	key = strings.TrimPrefix(strings.TrimSpace(key), "contact.")
	parts := strings.Split(strings.TrimPrefix(key, "address."), ".")
	forget(c, parts)
	at := c
	for _, p := range parts[:len(parts)-1] {
		next, ok := at[p].(map[string]any)
		if !ok {
			next = map[string]any{}
			at[p] = next
		}
		at = next
	}
	at[parts[len(parts)-1]] = value
	if len(parts) > 1 && (parts[0] == "fields" || parts[0] == "custom") {
		at[parts[len(parts)-1]] = typed(value)
		if value == "" {
			delete(at, parts[len(parts)-1])
		}
	}
	return nil
}

// forget takes out what says the same as a key that is to be set.
func forget(c map[string]any, parts []string) {
	key := parts[0]
	switch own := key == "fields" || key == "custom" || key == "dates"; {
	case own && len(parts) == 2:
		forgetOwn(c, parts[1])
	case own:
	case key == "first_name" || key == "last_name":
		splitName(c)
	case aliases(key) == nil:
		forgetOwn(c, key)
	default:
		for _, other := range aliases(key) {
			delete(c, other)
		}
	}
}

// forgetOwn takes out a field of the account's own, which may stand in four places.
func forgetOwn(c map[string]any, name string) {
	for _, place := range []string{"fields", "custom", "dates"} {
		if fields, ok := c[place].(map[string]any); ok {
			delete(fields, name)
		}
	}
	if aliases(name) == nil {
		delete(c, name)
	}
}

// splitName makes first_name and last_name of a whole name, so that one of them can be emptied.
func splitName(c map[string]any) {
	whole, ok := c["name"].(string)
	if !ok {
		return
	}
	delete(c, "name")
	first, last, _ := strings.Cut(whole, " ")
	for key, part := range map[string]string{"first_name": first, "last_name": last} {
		if said, _ := c[key].(string); said == "" {
			c[key] = part
		}
	}
}

// aliases are the keys that say the same as a key of every contact, itself among them; nil = it is a field of the account's own.
func aliases(key string) []string {
	switch key {
	case "email", "emails":
		return []string{"email", "emails"}
	case "phone", "phones":
		return []string{"phone", "phones"}
	case "zone", "time_zone", "timezone":
		return []string{"zone", "time_zone", "timezone"}
	case "zip", "postal_code":
		return []string{"zip", "postal_code"}
	case "name":
		return []string{"name", "first_name", "last_name"}
	case "address":
		return []string{"address", "street", "line2", "city", "state", "zip", "postal_code", "country"}
	case "id", "groups_joined", "first_name", "last_name", "street", "line2", "city", "state", "country", "source", "stage", "tags", "groups",
		"language", "birthday", "dates", "fields", "custom", "consent", "opted_out":
		return []string{key}
	}
	return nil
}

// typed reads a number as people write it (not 007, which is a text) and yes/no values.
func typed(value string) any {
	switch value {
	case "true":
		return true
	case "false":
		return false
	}
	if n, err := strconv.ParseFloat(value, 64); err == nil && strconv.FormatFloat(n, 'f', -1, 64) == value {
		return n
	}
	return value
}
