package app

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// declared is a sentinel as its source declares it.
type declared struct{ code, reason, message, at string }

func TestAReasonNamesOneRule(t *testing.T) {
	t.Parallel()
	all := sentinels(t)
	if len(all) < 80 {
		t.Fatalf("only %d sentinels found: the search looks at the wrong places", len(all))
	}
	shape := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	first := map[string]declared{}
	for _, d := range all {
		if !shape.MatchString(d.reason) {
			t.Errorf("%s: reason %q is not words in snake_case", d.at, d.reason)
		}
		if !strings.HasSuffix(d.message, ".") || strings.Contains(d.message, "%") {
			t.Errorf("%s: message %q is not a sentence", d.at, d.message)
		}
		before, again := first[d.reason]
		if again && (before.code != d.code || before.message != d.message) {
			t.Errorf("%s: reason %q says %s %q, and at %s %s %q", d.at, d.reason, d.code, d.message, before.at, before.code, before.message)
		}
		first[d.reason] = d
	}
	t.Logf("%d sentinels, %d reasons", len(all), len(first))
}

// root is the module's folder. It is asked for before any test runs: an
// embedded object store changes where the process stands.
var root, errRoot = filepath.Abs("../..")

// sentinels returns every errs.New in the module's sources. What it cannot
// read is an error: then nobody could list the reasons.
func sentinels(t *testing.T) []declared {
	t.Helper()
	if errRoot != nil {
		t.Fatal(errRoot)
	}
	var out []declared
	files := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && path != root) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && declares(file.Name.Name, call.Fun) {
				out = append(out, sentinel(t, files, call))
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func declares(pkg string, f ast.Expr) bool {
	if s, ok := f.(*ast.SelectorExpr); ok {
		x, ok := s.X.(*ast.Ident)
		return ok && x.Name == "errs" && s.Sel.Name == "New"
	}
	f2, ok := f.(*ast.Ident)
	return ok && pkg == "errs" && f2.Name == "New"
}

func sentinel(t *testing.T, files *token.FileSet, call *ast.CallExpr) declared {
	t.Helper()
	d := declared{at: files.Position(call.Pos()).String()}
	if len(call.Args) != 3 {
		t.Fatalf("%s: errs.New takes a code, a reason and a message", d.at)
	}
	switch c := call.Args[0].(type) {
	case *ast.SelectorExpr:
		d.code = c.Sel.Name
	case *ast.Ident:
		d.code = c.Name
	default:
		t.Errorf("%s: the code is not a constant", d.at)
	}
	d.reason, d.message = words(t, d.at, call.Args[1]), words(t, d.at, call.Args[2])
	return d
}

// words is a text that stands there as it is, or is put together of constants.
func words(t *testing.T, at string, e ast.Expr) string {
	t.Helper()
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		if err != nil {
			t.Errorf("%s: %v", at, err)
		}
		return text
	case *ast.BinaryExpr:
		return words(t, at, e.X) + words(t, at, e.Y)
	case *ast.Ident:
		return "<" + e.Name + ">" // does not pass for a reason
	}
	t.Errorf("%s: reason and message must be constants", at)
	return ""
}
