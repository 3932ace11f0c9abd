package profile

import (
	"math"
	"testing"
	"time"
)

// published is a whole engine that somebody measured: a closed loop of streams,
// prompts and replies of one length, nothing cached. Sources stand in docs/simulator.md.
type published struct {
	name    string
	choice  Choice
	phi     [2]float64 // decode, prefill; 0 the runtime's own
	slots   int        // max_num_seqs of a decode rank; 0 the profile's own
	budget  int        // max_num_batched_tokens of a prompt rank; 0 the profile's own
	streams int
	input   int
	output  int
	tpotMS  float64
	total   float64 // tokens in and out, tokens/s an accelerator; 0 not published
}

func (g published) profile(t *testing.T) *Profile {
	t.Helper()
	p, err := Choose(g.choice)
	if err != nil {
		t.Fatal(err)
	}
	p.Speculation = Speculation{} // none of the rows speculates
	if g.phi[0] > 0 {
		p.Runtime.PhiDecode.Value, p.Runtime.PhiPrefill.Value = g.phi[0], g.phi[1]
	}
	if g.budget > 0 {
		p.Runtime.MaxBatchedTokens.Value = float64(g.budget)
	}
	for i := range p.Pools {
		if p.Pools[i].Role == "decode" && g.slots > 0 {
			p.Pools[i].MaxNumSeqs.Value = float64(g.slots)
		}
	}
	return p
}

// ratios are ours over theirs.
func (g published) ratios(t *testing.T) (tpot, total float64) {
	t.Helper()
	p := g.profile(t)
	cfg, err := p.Deployment()
	if err != nil {
		t.Fatal(err)
	}
	got := streams{g.streams, g.input, g.output, 150 * time.Second, 200 * time.Second}.on(t, cfg)
	tpot = got.tpot * 1e3 / g.tpotMS
	each := got.total / float64(p.Accelerators())
	total = each / g.total
	t.Logf("TPOT %.1f ms, published %.1f, ratio %.2f; %.0f tokens/s an accelerator, published %.0f, ratio %.2f; TTFT %.1f s", got.tpot*1e3, g.tpotMS, tpot, each, g.total, total, got.ttft)
	return tpot, total
}

// goldenBand is within what the rows must be met.
const goldenBand = 1.25

func within(ratio, band float64) bool { return ratio >= 1/band && ratio <= band }

// DeepSeek-V4-Pro, weeks old, on NVIDIA and AMD, with the software factors that the
// calibration gave it. Both axes of each point must be met.
func TestEngineGoldens(t *testing.T) {
	rack := func(layout string, slots, streams int, tpot, total float64) published {
		return published{"GB300 disaggregated " + layout, Choice{System: "gb300-nvl72", Layout: layout}, [2]float64{1.35, 1.1}, slots, 16384, streams, 8192, 1024, tpot, total}
	}
	node := func(layout string) published {
		return published{"B200 aggregated " + layout, Choice{System: "b200", Model: "deepseek-v4-pro", Layout: layout}, [2]float64{1.35, 1.1}, 0, 0, 32, 8192, 2048, 36, 4273.0 / 8}
	}
	for _, g := range []published{
		rack("7xdep4+2xdep16", 512, 3072, 38.77, 6812),
		rack("4xdep4+dep8", 512, 4096, 57.12, 10214),
		rack("5xdep4+dep8", 384, 4096, 69.17, 10853),
		rack("6xdep4+dep8", 384, 4096, 77.83, 11056),
		node("tp8"), node("dep8"), // which of them was measured is not said
		{"MI355X day 26", Choice{System: "mi355x", Layout: "dep8"}, [2]float64{1.84, 1.84}, 0, 0, 256, 8192, 1024, 106.75, 2256},
	} {
		t.Run(g.name, func(t *testing.T) {
			if tpot, total := g.ratios(t); !within(tpot, goldenBand) || !within(total, goldenBand) {
				t.Errorf("TPOT %.2f and throughput %.2f times what was published are not within %gx", tpot, total, goldenBand)
			}
		})
	}
}

// Mature models under the embedded runtimes as they are, phi 1.1 and 0.95: TPOT of
// each point within the band, and their geometric mean within 10 %.
func TestEngineGoldensOfMatureModels(t *testing.T) {
	row := func(accelerator, model, runtime, layout string, streams, input int, tpot, total float64) published {
		return published{name: accelerator + " " + model, choice: Choice{System: accelerator, Model: model, Runtime: runtime, Layout: layout},
			streams: streams, input: input, output: 1024, tpotMS: tpot, total: total}
	}
	rows := []published{
		row("h200", "kimi-k2", "vllm", "tp8", 4, 8192, 10.97, 384.4),
		row("h200", "kimi-k2", "vllm", "tp8", 16, 8192, 21.44, 797.9),
		row("h200", "kimi-k2", "vllm", "tp8", 64, 8192, 59.98, 1174.5),
		row("b200", "kimi-k2", "vllm", "tp8", 4, 8192, 9.58, 446.7),
		row("b200", "kimi-k2", "vllm", "tp8", 16, 8192, 16.89, 969.4),
		row("b200", "kimi-k2", "vllm", "tp8", 64, 8192, 38.45, 1790.7),
		row("h100", "llama-3.1-70b", "vllm", "tp2", 64, 1024, 29.1, 2123.1),
		row("h100", "llama-3.1-70b", "vllm", "tp4", 64, 8192, 55.0, 2568),
		row("h200", "llama-3.1-70b", "trtllm", "tp1", 128, 1024, 45.8, 5312.2),
		row("h100", "gpt-oss-120b", "vllm", "tp2", 64, 1024, 15.0, 4170.9),
		row("h100", "gpt-oss-120b", "vllm", "tp2", 64, 8192, 27.0, 10394),
		row("h200", "gpt-oss-120b", "trtllm", "tp1", 64, 1024, 20.6, 6063.8),
		row("b200", "gpt-oss-120b", "trtllm", "tp1", 256, 1024, 17.9, 28012.9),
		row("b200", "gpt-oss-120b", "trtllm", "tp1", 256, 8192, 36.7, 61612.7),
	}
	logs := 0.0
	for _, g := range rows {
		t.Run(g.name, func(t *testing.T) {
			tpot, _ := g.ratios(t)
			logs += math.Log(tpot)
			if !within(tpot, goldenBand) {
				t.Errorf("TPOT %.2f times what was published is not within %gx", tpot, goldenBand)
			}
		})
	}
	mean := math.Exp(logs / float64(len(rows)))
	t.Logf("geometric mean of the ratios %.3f", mean)
	if !within(mean, 1.1) {
		t.Errorf("on average TPOT is %.2f times what was published, want within 10 %%", mean)
	}
}

// What mi355x says of its floors: 0.75 with a software factor of 1.6 meets all points
// from 1 to 256 streams that were published on one day, 1.5 with 1.84 the last alone.
func TestFloorsOfMI355X(t *testing.T) {
	worst := map[string]float64{}
	for _, point := range []struct {
		layout  string
		streams int
		tpotMS  float64
	}{{"tp8", 1, 17.52}, {"tp8", 4, 20.96}, {"tp8", 8, 23.94}, {"tp8", 16, 29.97}, {"tp8", 32, 41.68}, {"dep8", 64, 59.56}, {"dep8", 128, 72.69}, {"dep8", 256, 106.75}} {
		base, err := Choose(Choice{System: "mi355x", Layout: point.layout})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range base.Chosen {
			if c.Layout != "" || c.PhiDecode == (Value{}) {
				continue
			}
			p, err := base.Instead(c)
			if err != nil {
				t.Fatal(err)
			}
			cfg, err := p.Deployment()
			if err != nil {
				t.Fatal(err)
			}
			ratio := streams{point.streams, 8192, 1024, 150 * time.Second, 200 * time.Second}.on(t, cfg).tpot * 1e3 / point.tpotMS
			t.Logf("%s, %d streams, %s: TPOT ratio %.2f", point.layout, point.streams, c.Name, ratio)
			worst[c.Name] = max(worst[c.Name], ratio, 1/ratio)
		}
	}
	if worst["floor-0.75"] > goldenBand || worst["floor-0.75"] == 0 || worst["phi-1.84"] < 2 {
		t.Errorf("worst ratios %v: docs/simulator.md and the profile say otherwise", worst)
	}
}
