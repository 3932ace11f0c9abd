package main

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"plimsoll"
)

// What a run takes lies between the two estimates that were given beforehand, tokens
// and engine time.
func TestDryRunBracketsARun(t *testing.T) {
	flags := []string{"run", "--virtual", "--levels", "10", "--tier", "30tps/10s", "--max-agents", "10", "--price-input", "1", "--price-output", "5"}
	code, page, _ := call(t, nil, append(flags, "--dry-run")...)
	told := regexp.MustCompile(`levels of 10 agents on average: ([0-9.]+)([KMG]?) tokens, cost ([0-9.]+), at most ([0-9.]+)([KMG]?), cost ([0-9.]+)`).FindStringSubmatch(page)
	times := regexp.MustCompile(`1 levels, [0-9]+s of engine time: ([0-9]+)s where .* short as it may be, ([0-9]+)s where`).FindStringSubmatch(page)
	if code != 0 || told == nil || times == nil {
		t.Fatalf("exit %d\n%s", code, page)
	}
	number := func(digits, unit string) float64 {
		v, err := strconv.ParseFloat(digits, 64)
		if err != nil {
			t.Fatal(err)
		}
		return v * map[string]float64{"": 1, "K": 1e3, "M": 1e6, "G": 1e9}[unit]
	}
	code, page, stderr := call(t, nil, append(flags, "--json", "--out", filepath.Join(t.TempDir(), "run"))...)
	if code != 0 {
		t.Fatalf("exit %d %s", code, stderr)
	}
	var r struct {
		Spent  plimsoll.Tokens
		Cost   float64
		Levels []struct {
			Took float64 `json:"took_s"`
		}
	}
	if err := json.NewDecoder(strings.NewReader(page)).Decode(&r); err != nil {
		t.Fatal(err)
	}
	for what, v := range map[string][3]float64{
		"tokens": {number(told[1], told[2]), float64(r.Spent.Total()), number(told[4], told[5])},
		"cost":   {number(told[3], ""), r.Cost, number(told[6], "")},
		"time":   {number(times[1], "") - 1, r.Levels[0].Took, number(times[2], "") + 1}, // whole seconds
	} {
		if v[0] > v[1] || v[1] > v[2] {
			t.Errorf("%s: %g is not between %g and %g", what, v[1], v[0], v[2])
		}
	}
}
