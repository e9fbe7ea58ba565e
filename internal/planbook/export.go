package planbook

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"tactus/internal/fault"
	"tactus/internal/form"
)

// ExportOptions choose what is exported.
type ExportOptions struct {
	Names     []string // the plans; empty = all that are not archived
	Templates bool     // also the templates that they name
}

// ExportedFile is one plan or template as a file.
type ExportedFile struct {
	Name string // "new-buyer-lead.yaml", unlike any other of the export
	Data []byte
}

// Export writes plans as files (PLAN-24), with the identities of their steps (DEC-8). Apply reads them back as the same plans.
func (s *Service) Export(ctx context.Context, account int64, opt ExportOptions) ([]ExportedFile, error) {
	var out []ExportedFile
	err := s.store.ReadTx(ctx, func(ctx context.Context) error {
		out = nil
		heads, err := s.chosen(ctx, account, opt.Names)
		if err != nil {
			return err
		}
		var templates []string
		taken := map[string]bool{}
		for _, h := range heads {
			v, err := s.version(ctx, account, h.VersionID)
			if err != nil {
				return err
			}
			data, err := v.Document.YAML(true)
			if err != nil {
				return err
			}
			out = append(out, ExportedFile{fileName(h.Name, taken), data})
			for _, ref := range v.Document.References(s.actions) {
				if opt.Templates && ref.Ref == form.Template && !slices.Contains(templates, ref.Name) {
					templates = append(templates, ref.Name)
				}
			}
		}
		files, err := s.exportTemplates(ctx, account, templates, taken)
		out = append(out, files...)
		return err
	})
	return out, err
}

// chosen finds plans by name, in the order of the names; all missing ones are told at once.
func (s *Service) chosen(ctx context.Context, account int64, names []string) ([]Head, error) {
	heads, err := s.store.PlanHeads(ctx, account)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return slices.DeleteFunc(heads, func(h Head) bool { return h.Archived }), nil
	}
	var out []Head
	var missing []string
	for _, name := range names {
		if i := slices.IndexFunc(heads, func(h Head) bool { return h.Name == name }); i >= 0 {
			out = append(out, heads[i])
		} else {
			missing = append(missing, fmt.Sprintf("%q", name))
		}
	}
	if len(missing) > 0 {
		return nil, fault.New(fault.NotFound, "there is no plan %s", strings.Join(missing, ", "))
	}
	return out, nil
}

func (s *Service) exportTemplates(ctx context.Context, account int64, names []string, taken map[string]bool) ([]ExportedFile, error) {
	templates, err := s.store.TemplatesNamed(ctx, account, names)
	if err != nil {
		return nil, err
	}
	out := make([]ExportedFile, len(templates))
	for i, t := range templates {
		data, err := t.YAML()
		if err != nil {
			return nil, err
		}
		out[i] = ExportedFile{fileName(t.Name, taken), data}
	}
	return out, nil
}

// fileName makes a name that every file system takes.
func fileName(name string, taken map[string]bool) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })
	base := strings.Join(words, "-")
	if runes := []rune(base); len(runes) > 60 {
		base = strings.Trim(string(runes[:60]), "-")
	}
	if base == "" {
		base = "plan"
	}
	file := base + ".yaml"
	for n := 2; taken[file]; n++ {
		file = fmt.Sprintf("%s-%d.yaml", base, n)
	}
	taken[file] = true
	return file
}
