package cli

import (
	"errors"
	"io/fs"
)

// unwrapPath drops the path from a file error, since the message names it already.
func unwrapPath(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
