package synth_test

import (
	"os"
	"strings"
	"testing"

	"plimsoll/detector"
	"plimsoll/trajectory"
	"plimsoll/trajectory/synth"
)

// bound is a figure with the interval that it must lie in.
type bound struct {
	name           string
	got, low, high float64
}

func within(t testing.TB, bounds []bound) {
	t.Helper()
	for _, b := range bounds {
		if b.got < b.low || b.got > b.high {
			t.Errorf("%s is %.4g, want %.4g to %.4g", b.name, b.got, b.low, b.high)
		}
	}
}

func generate(t testing.TB, preset string, seed uint64, count int) *trajectory.Stats {
	t.Helper()
	p, err := synth.LoadPreset(preset)
	if err != nil {
		t.Fatal(err)
	}
	set, err := p.Generate(seed, count)
	if err != nil {
		t.Fatal(err)
	}
	return set.Stats()
}

// TestPresetAA checks the published figures of AA-AgentPerf at a seed that the
// preset was not fitted on, on a part of the set; BenchmarkPresetAA on the whole.
func TestPresetAA(t *testing.T) {
	detector.Skip(t, "statistics of 150 trajectories")
	checkAA(t, generate(t, "aa", 2026, 150), 2)
}

// BenchmarkPresetAA draws 500 trajectories and checks them.
func BenchmarkPresetAA(b *testing.B) {
	for b.Loop() {
		checkAA(b, generate(b, "aa", 2026, 500), 1)
	}
}

// checkAA takes the published tolerances times slack: a part of a set scatters more.
func checkAA(t testing.TB, s *trajectory.Stats, slack float64) {
	t.Helper()
	around := func(name string, got, want, tolerance float64) bound {
		return bound{name, got, want * (1 - slack*tolerance), want * (1 + slack*tolerance)}
	}
	within(t, []bound{
		{"smallest input", s.Input.Min, 5000, 9500}, {"largest input", s.Input.Max, 60000, 131072},
		around("mean input", s.Input.Mean, 27000, 0.05), around("median output", s.Output.P50, 150, 0.05),
		around("P95 output", s.Output.P95, 2000, 0.1), around("mean turns", s.Turns.Mean, 38, 0.05), {"most turns", s.Turns.Max, 60, 200},
		{"languages", float64(len(s.Languages)), 12, 20},
		around("median delay", s.Delay.P50, 1, 0.05), {"shortest delay", s.Delay.Min, 0.1, 0.11}, {"longest delay", s.Delay.Max, 4.9, 5},
		{"prefix hit", s.PrefixHit, 0.94, 1}, {"scaffold", s.Scaffold.Mean, 4400, 4600}, around("median first input", s.First.P50, 9500, 0.05),
	})
}

// TestOtherPresets checks what their sources measured.
func TestOtherPresets(t *testing.T) {
	detector.Skip(t, "statistics of 210 trajectories")
	s := generate(t, "claude-code", 2026, 160)
	within(t, []bound{
		{"median turns", s.Turns.P50, 41, 49}, {"mean turns", s.Turns.Mean, 62, 76}, {"P90 turns", s.Turns.P90, 139, 171},
		// 55 % begin afresh, so that the lower quarter's end is near their median of 19K.
		{"lower quartile of first inputs", s.First.P25, 17100, 20900},
		{"mean input", s.Input.Mean, 110700, 135300}, {"median input", s.Input.P50, 91000, 118000}, {"P90 input", s.Input.P90, 205000, 270000},
		{"median new tokens", s.New.P50, 634, 776}, {"median output", s.Output.P50, 205, 230}, {"mean output", s.Output.Mean, 395, 483},
		{"P95 output", s.Output.P95, 1350, 1650}, {"prefix hit", s.PrefixHit, 0.95, 0.985}, {"median delay", s.Delay.P50, 0.15, 0.45},
	})
	s = generate(t, "swe-bench", 2026, 50)
	within(t, []bound{
		{"median turns", s.Turns.P50, 44, 48}, {"P90 turns", s.Turns.P90, 62, 72}, {"median first input", s.First.P50, 24000, 26000},
		{"mean input", s.Input.Mean, 41000, 49000}, {"median new tokens", s.New.P50, 420, 560}, {"prefix hit", s.PrefixHit, 0.965, 0.985},
		{"reasoning share", s.Reasoning, 0.28, 0.38}, {"median delay", s.Delay.P50, 0.07, 0.13},
	})
}

func TestADistributionFileIsReadStrictly(t *testing.T) {
	text, err := os.ReadFile("preset/mini.yaml")
	if err != nil {
		t.Fatal(err)
	}
	good := string(text)
	cases := map[string]struct{ from, to, want string }{
		"unknown key":   {"harness:", "harnes:", "harnes"},
		"unknown law":   {"law: normal, mean: 8.6", "law: cauchy, mean: 8.6", "turns: law"},
		"negative size": {"system_tokens: 480", "system_tokens: -1", "system_tokens is -1"},
		"language":      {"python: 5", "cobol: 5", "languages.cobol"},
		"class":         {"class: read", "class: smell", `class is "smell"`},
		"resumed share": {"max_context: ", "resume: {share: 2, tokens: {law: constant, value: 900}}\nmax_context: ", "resume.share is 2"},
		"compaction":    {"max_context: ", "compaction: {at_tokens: {law: constant, value: 900}, summary_tokens: {law: constant, value: 50}}\nmax_context: ", "compaction.at_tokens"},
		"min above max": {"min: 25, max: 70", "min: 70, max: 25", "output_tokens: min"},
	}
	for name, c := range cases {
		_, err := synth.ReadPreset("x.yaml", strings.NewReader(strings.Replace(good, c.from, c.to, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
	for _, name := range []string{"nothing", "./nowhere.yaml"} {
		if _, err := synth.LoadPreset(name); err == nil {
			t.Errorf("%q was loaded", name)
		}
	}
	for _, name := range synth.Presets() {
		if _, err := synth.LoadPreset(name); err != nil {
			t.Error(err)
		}
	}
}

// FuzzReadPreset draws from whatever file is taken.
func FuzzReadPreset(f *testing.F) {
	for _, name := range []string{"mini", "aa"} {
		text, err := os.ReadFile("preset/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := synth.ReadPreset("fuzz.yaml", strings.NewReader(text))
		if err != nil || p.MaxContext > 1<<16 || p.Turns.Max > 100 || p.Task.Max > 1<<16 || p.Turns.Value > 100 {
			return
		}
		if _, err := p.Generate(1, 1); err != nil {
			t.Error(err)
		}
	})
}
