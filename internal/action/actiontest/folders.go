package actiontest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// Folders returns every kind that the source below root declares, as "folder.Type": the types that
// have the methods of action.Kind. Tests are left out.
func Folders(root string) ([]string, error) {
	methods := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		folder := filepath.Base(filepath.Dir(path))
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv != nil {
				if typ := receiver(f.Recv.List[0].Type); typ != "" {
					methods[folder+"."+typ] = append(methods[folder+"."+typ], f.Name.Name)
				}
			}
		}
		return nil
	})
	var kinds []string
	for typ, names := range methods {
		if slices.Contains(names, "Info") && slices.Contains(names, "Fields") && slices.Contains(names, "New") {
			kinds = append(kinds, typ)
		}
	}
	slices.Sort(kinds)
	return kinds, err
}

func receiver(expr ast.Expr) string {
	if star, ok := expr.(*ast.StarExpr); ok {
		expr = star.X
	}
	if name, ok := expr.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}
