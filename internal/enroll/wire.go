package enroll

import (
	"encoding/json"
	"fmt"
)

// EncodeState is the state as stored. Equal states have equal documents: maps are written in key order.
func EncodeState(s State) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic("enroll: " + err.Error()) // plain fields only
	}
	return string(b)
}

// DecodeState reads a stored state.
func DecodeState(raw string) (State, error) {
	var s State
	if err := json.Unmarshal([]byte(raw), &s); err != nil {
		return State{}, fmt.Errorf("the enrollment's state cannot be read: %w", err)
	}
	return s, nil
}
