package profile_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/sim"
	"plimsoll/sim/profile"
)

func Example() {
	p, err := profile.Load("demo")
	if err != nil {
		fmt.Println(err)
		return
	}
	cfg, err := p.Engine()
	if err != nil {
		fmt.Println(err)
		return
	}
	engine, err := sim.New(cfg)
	fmt.Println(p.Name, p.ModelName, engine != nil, err)
	// Output: demo plimsoll-demo true <nil>
}

func TestEveryBuiltInProfileMakesAnEngine(t *testing.T) {
	names := profile.List()
	if len(names) == 0 {
		t.Fatal("no profiles")
	}
	for _, name := range names {
		p, err := profile.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Deployment(); err != nil || p.Name != name {
			t.Errorf("%s: name %q, %v", name, p.Name, err)
		}
	}
}

// The demo's shape is what its file promises: the figures of the step that the
// tiers rest on, each within a factor of 1.5.
func TestDemoShape(t *testing.T) {
	p, err := profile.Load("demo")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := p.Engine()
	if err != nil {
		t.Fatal(err)
	}
	price := func(w sim.Work) float64 { return cfg.Cost.Price([]sim.Work{w}).Seconds }
	step := func(n int) float64 { return price(sim.Work{Seqs: n, Context: int64(n) * 2048}) }
	for name, c := range map[string]struct{ got, want float64 }{
		"empty step, s":              {step(0), 1.8e-3},
		"one more sequence, s":       {(step(64) - step(0)) / 64, 0.6e-3},
		"prefill rate, tokens/s":     {2048 / (price(sim.Work{Prefill: 2048, Attended: 2048 * 1024}) - price(sim.Work{})), 110e3},
		"KV pool, tokens":            {float64(cfg.PoolTokens()), 145e3},
		"queue delay, s":             {cfg.MaxQueueDelay.Seconds(), 60},
		"power at full decode, W":    {cfg.Power.Watts(cfg.Cost.Price([]sim.Work{{Seqs: 64, Context: 64 * 2048}})), 190},
		"power of a long prefill, W": {cfg.Power.Watts(cfg.Cost.Price([]sim.Work{{Prefill: 4096, Attended: 4096 * 2048}})), 180},
	} {
		if r := c.got / c.want; r < 1/1.5 || r > 1.5 {
			t.Errorf("%s: %.4g, want about %.4g", name, c.got, c.want)
		}
	}
	if cfg.PreferredSeqs != 2 || cfg.MaxSeqs != 256 || cfg.MaxQueueDelay < time.Second {
		t.Errorf("%+v", cfg)
	}
}

func TestBadProfilesAreRefusedByName(t *testing.T) {
	good, err := os.ReadFile(filepath.Join("data", "demo.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"unknown key", "about:", "drafts: 3\nabout:", "drafts"},
		{"unknown key inside", "  bf16:", "  bf17: 1\n  bf16:", "bf17"},
		{"section used and written", "name: demo", "name: demo\nuse: {runtime: vllm}", "keep one"},
		{"section unknown", "name: demo", "name: demo\nuse: {runtime: other}", "keep one"},
		{"layout", "name: demo", "name: demo\nlayout: {tp: 3}", "does not divide"},
		{"expert ranks", "name: demo", "name: demo\nlayout: {ep: 8}", "tp * dp"},
		{"draft", "name: demo", "name: demo\nspeculation: {table: mtp, draft: 3}", "acceptance tables"},
		{"regime", "name: demo", "name: demo\nkv_regime: padded", "not one of the model's"},
		{"attention", "kind: gqa\n    format", "kind: other\n    format", "not modelled"},
		{"format", "kind: dense\n    format: bf16", "kind: dense\n    format: fp8", "no fp8 arithmetic"},
		{"window of a kind without", "    q_heads:", "    window: {value: 128, unit: token, source: x, date: 2026-11-23, kind: estimated, low: 1, high: 999}\n    q_heads:", "gqa has none"},
		{"duplicate", "name: demo", "name: demo\nname: twice", "name"},
		{"missing", "  hidden:", "  # hidden:", "model.hidden is missing"},
		{"unit", "value: 5.8e+11, unit: B/s", "value: 600, unit: GB/s", `accelerator.hbm_bandwidth has unit "GB/s", want "B/s"`},
		{"range", "low: 0.75", "low: 0.76", "outside its own range"},
		{"kind", "kind: estimated", "kind: guessed", `"guessed"`},
		{"source", "source: \"fictitious\"", "source: \"\"", "want a source"},
		{"scheduler", "scheduler: vllm", "scheduler: other", "not modelled"},
		{"zero", "{value: 2048, unit: \"1\", source: \"fictitious\", date: 2026-11-23, kind: estimated, low: 2048", "{value: 0, unit: \"1\", source: \"fictitious\", date: 2026-11-23, kind: estimated, low: 0", "must be above 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(string(good), c.old, c.new, 1)
			if text == string(good) {
				t.Fatalf("demo.yaml no longer holds %q", c.old)
			}
			p, err := profile.Read("test", []byte(text))
			if err == nil {
				_, err = p.Engine()
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestWeightsThatDoNotFit(t *testing.T) {
	p, err := profile.Load("demo")
	if err != nil {
		t.Fatal(err)
	}
	p.Model.CheckpointBytes.Value = 30e9
	if _, err := p.Engine(); err == nil || !strings.Contains(err.Error(), "weights 3e+10") {
		t.Errorf("error %v", err)
	}
}

func FuzzRead(f *testing.F) {
	good, err := os.ReadFile(filepath.Join("data", "demo.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("name: x"))
	f.Add([]byte("- 1"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := profile.Read("fuzz", text)
		if err != nil {
			return
		}
		if cfg, err := p.Engine(); err == nil && cfg.Validate() != nil {
			t.Errorf("an engine was made that does not validate: %+v", cfg)
		}
	})
}

// Members of an ensemble stay in the ranges, differ, and leave the profile alone.
func TestDraw(t *testing.T) {
	p, err := profile.Load("gb300-nvl72")
	if err != nil {
		t.Fatal(err)
	}
	before := fmt.Sprint(*p)
	sum, n := 0.0, 400
	for seed := range uint64(n) {
		a, b := p.Draw(seed), p.Draw(seed)
		if fmt.Sprint(*a) != fmt.Sprint(*b) {
			t.Fatalf("seed %d gave two profiles", seed)
		}
		for _, v := range []profile.Value{a.Runtime.PhiDecode, a.Model.Attention[0].Parameters, a.Constants.Kinds[1].Floor, a.Model.Acceptance[0].Tokens[2]} {
			if v.Value < v.Low || v.Value > v.High {
				t.Fatalf("seed %d: %+v", seed, v)
			}
		}
		sum += (a.Runtime.PhiDecode.Value - a.Runtime.PhiDecode.Low) / (a.Runtime.PhiDecode.High - a.Runtime.PhiDecode.Low)
		if _, err := a.Deployment(); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
	if mean := sum / float64(n); mean < 0.45 || mean > 0.55 {
		t.Errorf("the mean draw is at %.3f of the range, want the middle", mean)
	}
	if fmt.Sprint(*p) != before {
		t.Error("drawing changed the profile")
	}
}
