package arch

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"tactus/internal/fault"
)

// file is what the law asks of one Go file.
type file struct {
	path      string // relative to the module, with slashes
	pkg       string // its folder, "." for the module's
	name      string // the package clause
	test      bool
	generated bool
	lines     int
	imports   []use
	clock     []use // uses of the machine's time
	inits     []int // lines of func init
}

// use is something a file mentions, and where.
type use struct {
	what string
	line int
}

// timeFuncs are the functions of package time that read the machine's clock or wait for it.
var timeFuncs = map[string]bool{
	"Now": true, "Since": true, "Until": true, "After": true, "AfterFunc": true,
	"NewTimer": true, "NewTicker": true, "Tick": true, "Sleep": true,
}

// read parses every Go file of the module in fsys; modules inside it, testdata and folders
// that begin with a dot or an underscore are not part of it. Build tags are not looked at:
// the law holds on every platform.
func read(fsys fs.FS) ([]file, error) {
	var files []file
	err := fs.WalkDir(fsys, ".", func(p string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return skip(fsys, p)
		}
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		f, err := parse(fsys, p)
		if err != nil {
			return err
		}
		files = append(files, f)
		return nil
	})
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "read the module's files")
	}
	return files, nil
}

func skip(fsys fs.FS, dir string) error {
	if dir == "." {
		return nil
	}
	name := path.Base(dir)
	if name == "testdata" || name == "vendor" || name == "node_modules" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
		return fs.SkipDir
	}
	if _, err := fs.Stat(fsys, path.Join(dir, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}

func parse(fsys fs.FS, p string) (file, error) {
	text, err := fs.ReadFile(fsys, p)
	if err != nil {
		return file{}, err
	}
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, p, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return file{}, err
	}
	f := file{
		path: p, pkg: path.Dir(p), name: tree.Name.Name,
		test:      strings.HasSuffix(p, "_test.go"),
		generated: ast.IsGenerated(tree),
		lines:     bytes.Count(text, []byte("\n")),
	}
	clock := "" // what the file calls package time
	for _, spec := range tree.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return file{}, err
		}
		f.imports = append(f.imports, use{imported, set.Position(spec.Pos()).Line})
		if imported == "time" {
			clock = "time"
			if spec.Name != nil {
				clock = spec.Name.Name
			}
		}
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Recv == nil && n.Name.Name == "init" {
				f.inits = append(f.inits, set.Position(n.Pos()).Line)
			}
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && clock != "" && x.Name == clock && timeFuncs[n.Sel.Name] {
				f.clock = append(f.clock, use{"time." + n.Sel.Name, set.Position(n.Pos()).Line})
			}
		}
		return true
	})
	return f, nil
}
