package action

import (
	"bytes"
	"encoding/json"
)

// List is a list of texts that may also be written as one text: "tags: Hot" is "tags: [Hot]".
// An empty text is an empty list. It is always written back as a list.
type List []string

// UnmarshalJSON implements json.Unmarshaler; anything but a text, a list of texts or null is a json.UnmarshalTypeError.
func (l *List) UnmarshalJSON(raw []byte) error {
	if !bytes.HasPrefix(raw, []byte(`"`)) {
		var many []string
		if err := json.Unmarshal(raw, &many); err != nil {
			return err
		}
		*l = many
		return nil
	}
	var one string
	if err := json.Unmarshal(raw, &one); err != nil {
		return err
	}
	if one == "" {
		*l = nil
		return nil
	}
	*l = List{one}
	return nil
}
