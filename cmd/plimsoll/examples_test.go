package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestExamplesParse: every command's help shows an example, and what the help texts, the
// README and the pages of docs tell people to type is understood.
func TestExamplesParse(t *testing.T) {
	t.Parallel()
	for _, leaf := range exampleParser(t).Model.Leaves(true) {
		told := leaf.Detail
		for parent := leaf.Parent; parent.Parent != nil; parent = parent.Parent {
			told += "\n" + parent.Detail
		}
		if !strings.Contains(told, "  "+leaf.FullPath()) && !strings.Contains(told, "(plimsoll completion") {
			t.Errorf("the help of %q shows no example of it", leaf.FullPath())
		}
		checkExamples(t, leaf.FullPath()+" --help", told)
	}
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(pages) < 5 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	for _, page := range append(pages, "../../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		checkExamples(t, page, string(text))
	}
}

// exampleParser is the command line, without a look at whether files are there: they are
// the reader's.
func exampleParser(t *testing.T) *kong.Kong {
	t.Helper()
	outside := newProcess(nil)
	anywhere := kong.MapperFunc(func(ctx *kong.DecodeContext, _ reflect.Value) error {
		ctx.Scan.Pop()
		for ctx.Value.Flag == nil && ctx.Value.IsCumulative() && ctx.Scan.Peek().IsValue() {
			ctx.Scan.Pop()
		}
		return nil
	})
	parser, err := newParser(&CLI{}, &outside.IO, func(int) {},
		kong.NamedMapper("somewhere", anywhere), kong.NamedMapper("existingdir", anywhere), kong.NamedMapper("existingfile", anywhere))
	if err != nil {
		t.Fatal(err)
	}
	return parser
}

// checkExamples parses the lines that begin with the program's name.
func checkExamples(t *testing.T, where, text string) {
	t.Helper()
	text = strings.ReplaceAll(text, "\\\n", " ")
	for line := range strings.Lines(text) {
		typed, ok := strings.CutPrefix(strings.TrimSpace(line), "plimsoll ")
		if !ok || strings.ContainsAny(typed, "[|…") || strings.Contains(typed, "...") { // a synopsis
			continue
		}
		args := words(typed)
		if _, err := exampleParser(t).Parse(args); err != nil {
			t.Errorf("%s: plimsoll %s: %v", where, strings.Join(args, " "), err)
		}
	}
}

// words splits a line as a shell would, up to a redirection or to what is said beside it.
func words(line string) []string {
	line, _, _ = strings.Cut(line, " > ")
	line, _, _ = strings.Cut(line, " # ")
	line = regexp.MustCompile(`\S   +[^-\s].*`).ReplaceAllStringFunc(line, func(s string) string { return s[:1] })
	var out []string
	for _, w := range regexp.MustCompile(`(?:'[^']*'|"[^"]*"|\S)+`).FindAllString(line, -1) {
		out = append(out, strings.NewReplacer("'", "", `"`, "").Replace(w))
	}
	return out
}
