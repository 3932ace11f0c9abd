package plimsoll_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// TestExportedFunctionsHaveUsers: an exported function or variable is used outside its
// package, be it by the package's own outer tests. Types and constants may be there for the
// sake of a function's result.
func TestExportedFunctionsHaveUsers(t *testing.T) {
	exported, used := map[string]string{}, map[string]bool{}
	walk(t, func(path string) {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		room := filepath.ToSlash(filepath.Dir(path))
		markUsed(used, room, file)
		if strings.HasSuffix(path, "_test.go") || file.Name.Name == "main" {
			return
		}
		for _, name := range exports(file) {
			exported[room+"."+name] = path
		}
	})
	if len(exported) < 100 {
		t.Fatalf("saw %d exported functions; the walk is broken", len(exported))
	}
	for name, path := range exported {
		if !used[name] {
			t.Errorf("%s: %s has no user outside its package", path, name)
		}
	}
}

// markUsed marks what a file of a room takes from other packages.
func markUsed(used map[string]bool, room string, file *ast.File) {
	outer := strings.HasSuffix(file.Name.Name, "_test")
	rooms := map[string]string{} // by the name that the file has for them
	for _, spec := range file.Imports {
		imported := strings.Trim(spec.Path.Value, `"`)
		if target, ok := strings.CutPrefix(imported+"/", "plimsoll/"); ok {
			name := filepath.Base(imported)
			if spec.Name != nil {
				name = spec.Name.Name
			}
			rooms[name] = filepath.ToSlash(filepath.Clean(target))
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && (outer || rooms[x.Name] != room) {
				used[rooms[x.Name]+"."+s.Sel.Name] = true
			}
		}
		return true
	})
}

// exports are a file's exported functions and variables.
func exports(file *ast.File) (names []string) {
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.IsExported() {
				names = append(names, d.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if v, ok := spec.(*ast.ValueSpec); ok && d.Tok == token.VAR && v.Names[0].IsExported() {
					names = append(names, v.Names[0].Name)
				}
			}
		}
	}
	return names
}
