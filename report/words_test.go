package report

import (
	"strings"
	"testing"

	"plimsoll/result"
)

// Of levels of which none counted, none had a client that kept up.
func TestClientLine(t *testing.T) {
	for want, validity := range map[string][]string{
		"The client kept up (":      {"valid", "valid"},
		"1 level did not count; in": {"valid", "void"},
		"No level counted":          {"void", "void"},
	} {
		var r result.Result
		for _, v := range validity {
			r.Levels = append(r.Levels, result.Level{Validity: v})
		}
		if line := clientLine(r); !strings.HasPrefix(line, want) {
			t.Errorf("%q, want %q", line, want)
		}
	}
}
