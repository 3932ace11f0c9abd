package profile_test

import (
	"strings"
	"testing"

	"plimsoll/sim/profile"
)

func TestChoose(t *testing.T) {
	for _, c := range []struct {
		choice       profile.Choice
		words        string
		accelerators int
	}{
		{profile.Choice{System: "gb300-nvl72"}, "4xdep8+dep40", 72},
		{profile.Choice{System: "gb300-nvl72", Racks: 3}, "12xdep8+3xdep40", 216},
		{profile.Choice{System: "gb300-nvl72", Layout: "6xdep8+dep16"}, "6xdep8+dep16", 64},
		{profile.Choice{System: "h200", Model: "llama-3.1-8b"}, "tp1", 1},
		{profile.Choice{System: "h200", Model: "llama-3.1-70b", Layout: "2xtp4"}, "2xtp4", 8},
		{profile.Choice{System: "b200", Model: "gpt-oss-120b", Runtime: "trtllm"}, "tp1", 1},
		{profile.Choice{System: "h200", Model: "llama-3.1-8b", Layout: "2xtp1+tp1"}, "2xtp1+tp1", 3},
		{profile.Choice{System: "h200", Runtime: "sglang"}, "tp8", 8},
		{profile.Choice{System: "h100+glm-4.7+sglang", Racks: 2}, "2xtp8", 16},
	} {
		p, err := profile.Choose(c.choice)
		if err != nil {
			t.Errorf("%+v: %v", c.choice, err)
			continue
		}
		if p.Words() != c.words || p.Accelerators() != c.accelerators {
			t.Errorf("%+v: %s on %d, want %s on %d", c.choice, p.Words(), p.Accelerators(), c.words, c.accelerators)
		}
	}
}

func TestChoicesThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		choice profile.Choice
		want   string
	}{
		{profile.Choice{System: "h300"}, "not built in"},
		{profile.Choice{System: "gb200-nvl72"}, "--model"},
		{profile.Choice{System: "h200", Model: "gpt-9"}, `"gpt-9" is not built in`},
		{profile.Choice{System: "h200", Runtime: "ollama"}, `"ollama" is not built in`},
		{profile.Choice{System: "h200", Layout: "tp4"}, "no memory for a KV block"},
		{profile.Choice{System: "h200", Layout: "tp5"}, "does not divide 128 query heads: remainder 3"},
		{profile.Choice{System: "h200", Layout: "tp16"}, "link domain of 8"},
		{profile.Choice{System: "gb300-nvl72", Layout: "tp2dp4ep16+dep40"}, "must be tp * dp"},
		{profile.Choice{System: "demo", Layout: "tp1+tp1"}, "no network section"},
		{profile.Choice{System: "h200", Layout: "wide"}, "[COUNTx]tpN"},
		{profile.Choice{System: "h200", Layout: "tp0"}, "has a 0"},
		{profile.Choice{System: "h200", Layout: "tp8+tp8+tp8"}, "3 stages"},
		{profile.Choice{System: "h200", Racks: -1}, "racks -1"},
		{profile.Choice{System: "demo", Model: "llama-3.1-8b"}, "writes its own accelerator"},
	} {
		if _, err := profile.Choose(c.choice); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.choice, err, c.want)
		}
	}
}

func TestCatalogue(t *testing.T) {
	c, err := profile.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Accelerators) < 8 || len(c.Models) < 10 || len(c.Runtimes) < 3 || len(c.Systems) < 5 {
		t.Errorf("%d accelerators, %d models, %d runtimes, %d systems", len(c.Accelerators), len(c.Models), len(c.Runtimes), len(c.Systems))
	}
	for _, m := range c.Models {
		for _, f := range m.Fits {
			if (f.Accelerators == 0) == (f.Why == "") || (f.Accelerators == 0) != (f.PoolTokens == 0) {
				t.Errorf("%s: %+v", m.Name, f)
			}
		}
	}
}

// What is read is written the same, whatever the text.
func FuzzParseLayout(f *testing.F) {
	for _, seed := range []string{"tp8", "2xtp4", "dep8", "4xdep8+dep40", "tp8pp2", "tp2dp4ep8", "0xtp1", "x", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		pools, err := profile.ParseLayout(text)
		if err != nil {
			return
		}
		p := profile.Profile{Pools: pools}
		again, err := profile.ParseLayout(p.Words())
		if err != nil {
			t.Fatalf("%q became %q: %v", text, p.Words(), err)
		}
		if q := (&profile.Profile{Pools: again}); q.Words() != p.Words() || q.Accelerators() != p.Accelerators() {
			t.Fatalf("%q became %q, then %q", text, p.Words(), q.Words())
		}
	})
}
