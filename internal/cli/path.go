package cli

import (
	"errors"
	"fmt"
	"io/fs"
)

// unreadable says which file that the command line names cannot be read. The line is right, so it ends with exit code 1.
func unreadable(path string, err error) error {
	return fmt.Errorf("%s cannot be read: %w", path, unwrapPath(err))
}

// unwrapPath drops the path from a file error, since the message names it already.
func unwrapPath(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
