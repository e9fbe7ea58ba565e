package delivery

import (
	"fmt"
	"runtime/debug"
)

// diedError is a panic of what makes or carries one message.
type diedError struct {
	cause any
	stack []byte
}

func (e *diedError) Error() string { return fmt.Sprintf("panic: %v\n%s", e.cause, e.stack) }

// alive turns a panic into an error, so that one message does not take the server down (ENG-8).
func alive(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &diedError{r, debug.Stack()}
		}
	}()
	return f()
}
