package report

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"flag"
	"html"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"plimsoll/bundle"
	"plimsoll/result"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file that was looked at once and found right.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; write it with go test -update ./report and look at it", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got); if that is meant, go test -update ./report and look at it:\n%s", path, diff)
	}
}

func TestTerminal(t *testing.T) {
	for name, o := range map[string]TerminalOptions{
		"terminal.txt":        {Width: 100, Folder: "runs/20260102-030405"},
		"terminal_colour.txt": {Width: 80, Colour: true},
		"terminal_narrow.txt": {Width: 44},
		"terminal_ascii.txt":  {Width: 80, ASCII: true},
	} {
		var b bytes.Buffer
		if err := Terminal(&b, fixture(), o); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.Bytes())
		if o.Colour {
			continue
		}
		for _, line := range strings.Split(b.String(), "\n") {
			if utf8.RuneCountInString(line) > o.Width {
				t.Errorf("%s: %d columns, want at most %d: %s", name, utf8.RuneCountInString(line), o.Width, line)
			}
			if o.ASCII && len(line) != utf8.RuneCountInString(line) {
				t.Errorf("%s: not ASCII: %s", name, line)
			}
		}
	}
}

func checkXML(t *testing.T, name, text string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		_, err := d.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatalf("%s is no XML: %v", name, err)
		}
	}
}

func TestHTMLLoadsNothing(t *testing.T) {
	page := pageOf(t, fixture(), nil)
	if n := strings.Count(page, "<script"); n != 1 || !strings.Contains(page, "<script>"+Script()+"</script>") || !strings.Contains(html.UnescapeString(page), "script-src "+ScriptPolicy()+"\"") {
		t.Errorf("the page holds %d scripts, want our own one and the policy that lets it run", n)
	}
	for _, forbidden := range []string{"src=", "@import", "url(", "<link", "<iframe"} {
		if strings.Contains(page, forbidden) {
			t.Errorf("the page holds %s", forbidden)
		}
	}
	for _, url := range regexp.MustCompile(`https?://[^\s"'<]+`).FindAllString(page, -1) {
		if url != "http://www.w3.org/2000/svg" && url != fixture().Engine.URL {
			t.Errorf("the page names %s", url)
		}
	}
	for _, want := range []string{"90", "16,071", "node ac, measured, G3", "the measured window is under a minute", "certified 84", "Not comparable", "31 ms, limit 30"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if ids[m[1]] {
			t.Errorf("id %s is there twice", m[1])
		}
		ids[m[1]] = true
	}
}

func writeFile(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func pageOf(t testing.TB, r result.Result, d *bundle.Dir) string {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, r, d); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestEmptyResult(t *testing.T) {
	var b bytes.Buffer
	if err := Terminal(&b, result.Result{}, TerminalOptions{}); err != nil {
		t.Error(err)
	}
	if page := pageOf(t, result.Result{}, nil); !strings.Contains(page, "</html>") {
		t.Error("the page is cut off")
	}
}

func TestFigures(t *testing.T) {
	for _, c := range []struct {
		value float64
		want  string
	}{{0, "0"}, {61354.2, "61,354"}, {999.6, "1,000"}, {99.95, "100"}, {9.995, "10.0"}, {1.375, "1.38"}, {0.25, "0.250"}, {0.0312, "0.0312"}, {-1234, "-1,234"}, {1234567, "1,234,567"}} {
		if got := figure(c.value); got != c.want {
			t.Errorf("figure(%g) = %s, want %s", c.value, got, c.want)
		}
	}
	for _, c := range []struct {
		seconds float64
		want    string
	}{{1.5, "1.50 s"}, {42, "42 s"}, {120, "2 min"}, {185, "3 min 5 s"}, {7620, "2 h 7 min"}} {
		if got := clock(c.seconds); got != c.want {
			t.Errorf("clock(%g) = %s, want %s", c.seconds, got, c.want)
		}
	}
}

func TestExports(t *testing.T) {
	var md, table bytes.Buffer
	if err := Markdown(&md, fixture()); err != nil {
		t.Fatal(err)
	}
	golden(t, "result.md", md.Bytes())
	if err := CSV(&table, fixture()); err != nil {
		t.Fatal(err)
	}
	golden(t, "levels.csv", table.Bytes())
	rows, err := csv.NewReader(&table).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if want := 1 + 3*7; len(rows) != want {
		t.Errorf("%d lines of CSV, want %d", len(rows), want)
	}
	for _, c := range []struct{ text, want string }{{"=1+1", "'=1+1"}, {"30tps", "30tps"}, {"", ""}, {"a\nb", "a b"}} {
		if got := cell(c.text); got != c.want {
			t.Errorf("cell(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}

func TestCompareTerminal(t *testing.T) {
	entries, err := result.Published()
	if err != nil {
		t.Fatal(err)
	}
	run := fixture()
	run.Tiers[0].SpeedTPS = 20
	entries = append([]result.Entry{entries[4], entries[0], entries[1]}, result.EntryOf("ours", "runs/x", run))
	c, err := result.Compare(entries)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := CompareTerminal(&b, c, TerminalOptions{Width: 110}); err != nil {
		t.Fatal(err)
	}
	golden(t, "compare.txt", b.Bytes())

	const evil = `"><script>alert(1)</script>`
	for i := range entries {
		e := &entries[i]
		e.Name, e.Source, e.Note, e.Lacks, e.Model = evil+e.Name, evil, evil, []string{evil}, evil+e.Name
	}
	if c, err = result.Compare(entries); err != nil {
		t.Fatal(err)
	}
	b.Reset()
	if err := CompareHTML(&b, c); err != nil {
		t.Fatal(err)
	}
	if page := b.String(); strings.Count(page, "<script") != 1 || !strings.Contains(page, "</html>") || !strings.Contains(page, "23.7x") || !strings.Contains(page, "-hatch)") {
		t.Error("the page of a comparison is not whole, or holds a script")
	}
}
