package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plimsoll"
	"plimsoll/config"
)

func ptr[T any](v T) *T { return &v }

func TestPrecedence(t *testing.T) {
	file := filepath.Join(t.TempDir(), "run.yaml")
	text := "preset: standard\nseed: 1\nmax_agents: 64\ntier: [30tps/10s]\nsettle: 3m\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := config.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	flags := config.Run{Seed: ptr(uint64(2))}
	plan, _, err := config.Resolve(flags.Over(said), config.Permit{})
	if err != nil {
		t.Fatal(err)
	}
	if plan.Seed != 2 || plan.MaxAgents != 64 || plan.Preset != "standard" || plan.Shape.Settle != 3*time.Minute {
		t.Errorf("flag beats file beats preset: got %+v", plan)
	}
	if plan.Shape.Ramp != 60*time.Second {
		t.Errorf("ramp %s does not come from the preset", plan.Shape.Ramp)
	}
}

func TestRunFileIsRerunnable(t *testing.T) {
	said := config.Run{
		URL: []string{"http://127.0.0.1:8000/v1"}, Model: ptr("m"), Accelerators: ptr(8),
		Power: []plimsoll.PowerSpec{{Kind: "static", Target: "700W", Boundary: plimsoll.BoundaryAccelerator}},
		Tier:  []plimsoll.Tier{{Name: "slow", SpeedTPS: 5, TTFT: 20 * time.Second}}, Header: map[string]string{"X-A": "b"},
		Require: map[string]int{"slow": 3},
	}
	want, full, err := config.Resolve(said, config.Permit{})
	if err != nil {
		t.Fatal(err)
	}
	yaml, err := full.YAML()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "run.yaml")
	if err := os.WriteFile(file, yaml, 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := config.Read(file)
	if err != nil {
		t.Fatalf("%v\n%s", err, yaml)
	}
	got, _, err := config.Resolve(again, config.Permit{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("run.yaml does not give the same plan:\n%s\n%s", diff, yaml)
	}
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		run  config.Run
		want string
	}{
		"remote":        {config.Run{URL: []string{"http://10.0.0.1/v1"}}, "--i-may-load-this-target"},
		"credentials":   {config.Run{URL: []string{"http://u:secretword@127.0.0.1/v1"}}, "--api-key-env"},
		"secret header": {config.Run{Header: map[string]string{"Authorization": "Bearer secretword"}}, "env:NAME"},
		"no scheme":     {config.Run{URL: []string{"127.0.0.1:8000"}}, "want http://HOST"},
		"method":        {config.Run{Method: ptr("x")}, "aa or certified"},
		"preset":        {config.Run{Preset: ptr("x")}, "quick"},
		"tier set":      {config.Run{Tiers: ptr("x")}, config.DefaultTiers},
		"tier twice":    {config.Run{Tier: []plimsoll.Tier{{Name: "a", SpeedTPS: 1, TTFT: 1}, {Name: "a", SpeedTPS: 2, TTFT: 1}}}, "twice"},
		"agents":        {config.Run{MaxAgents: ptr(0)}, "max-agents 0"},
		"virtual":       {config.Run{URL: []string{"http://127.0.0.1/v1"}, Virtual: ptr(true)}, "virtual"},
		"require":       {config.Run{Require: map[string]int{"x": 1}}, "no such tier"},
		"levels":        {config.Run{Levels: []int{9999}}, "levels: 9999"},
		"window":        {config.Run{Window: ptr(-time.Second)}, "window min"},
		"kv":            {config.Run{EngineKV: ptr(0.0)}, "engine-kv 0"},
		"output":        {config.Run{Output: ptr("x")}, "recorded or free"},
		"missing extra": {config.Run{ExtraBody: ptr("./none.json")}, "extra body"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := config.Resolve(c.run, config.Permit{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "secretword") {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
	if _, _, err := config.Resolve(config.Run{URL: []string{"http://10.0.0.1/v1"}}, config.Permit{MayLoad: true}); err != nil {
		t.Errorf("permitted target is refused: %v", err)
	}
}

func TestUnknownKeyNamesItsLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "run.yaml")
	if err := os.WriteFile(file, []byte("seed: 1\ni_may_load_this_target: true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := config.Read(file)
	if err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("got %v, want an error that names line 2", err)
	}
}

func TestBuiltinTierSets(t *testing.T) {
	sets, err := config.TierSets()
	if err != nil {
		t.Fatal(err)
	}
	if len(sets) != 3 || sets[0].Name != config.DefaultTiers {
		t.Fatalf("got %d sets", len(sets))
	}
	want := []string{"30tps/10s", "100tps/5s", "300tps/3s"}
	for i, tier := range sets[0].Tiers {
		if tier.String() != want[i] || tier.Name != want[i] {
			t.Errorf("tier %d is %s (%s), want %s", i, tier, tier.Name, want[i])
		}
	}
}

func TestTierTextRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tier := plimsoll.Tier{SpeedTPS: float64(rapid.IntRange(1, 5000).Draw(t, "speed")), TTFT: time.Duration(rapid.IntRange(1, 60000).Draw(t, "ms")) * time.Millisecond}
		tier.Name = tier.String()
		text, err := tier.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back plimsoll.Tier
		if err := back.UnmarshalText(text); err != nil || back != tier {
			t.Fatalf("%s came back as %+v, %v", text, back, err)
		}
	})
}

func FuzzTier(f *testing.F) {
	f.Add("30tps/10s")
	f.Add("slow=1.5tps/200ms")
	f.Fuzz(func(t *testing.T, text string) {
		var tier plimsoll.Tier
		if tier.UnmarshalText([]byte(text)) == nil && (!(tier.SpeedTPS > 0) || tier.TTFT <= 0) {
			t.Errorf("%q gives %+v", text, tier)
		}
	})
}

// A file of tiers that is not one is refused in the file's own words.
func TestTierFileRefused(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"name: mine\ntiers:\n- {name: a, speed_tps: 20}\n", "line 3: cannot construct a mapping as a tier; tiers are written 30tps/10s"},
		{"name: mine\ntieres: [30tps/10s]\n", "line 2: field tieres is not known"},
		{"name: mine\ntiers: [fast]\n", `tier "fast": want SPEEDtps/TTFT`},
		{"name: mine\n", "a set needs a name and at least one tier"},
	} {
		file := filepath.Join(t.TempDir(), "mine.yaml")
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := config.TierSet(file); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "plimsoll.") {
			t.Errorf("%q: %v, want %q", c.text, err, c.want)
		}
	}
}
