// Command gendocs writes the references that are made from the code itself: what a reader finds in docs is what the
// program does, and `make verify` fails when it is not.
package main

//go:generate go run . ../../docs

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"tactus/internal/action"
	"tactus/internal/api"
	"tactus/internal/app"
	"tactus/internal/cli"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: gendocs FOLDER")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "gendocs:", err)
		os.Exit(1)
	}
}

func write(dir string) error {
	spec, err := api.Spec("")
	if err != nil {
		return err
	}
	var commands bytes.Buffer
	if err := cli.Reference(&commands); err != nil {
		return err
	}
	for _, page := range []struct {
		name string
		text []byte
	}{
		{"actions.md", []byte(action.Markdown(app.Actions()))},
		{"configuration.md", configuration()},
		{"merge-fields.md", mergeFields()},
		{"cli.md", commands.Bytes()},
		{"openapi.json", spec},
	} {
		if err := os.WriteFile(filepath.Join(dir, page.name), page.text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
