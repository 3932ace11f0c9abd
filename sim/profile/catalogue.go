package profile

import (
	"fmt"
)

// Contents is everything that is built in.
type Contents struct {
	Systems      []SystemEntry      `json:"systems"`
	Accelerators []AcceleratorEntry `json:"accelerators"`
	Models       []ModelEntry       `json:"models"`
	Runtimes     []RuntimeEntry     `json:"runtimes"`
}

// SystemEntry is a built-in profile.
type SystemEntry struct {
	Name         string   `json:"name"`
	About        string   `json:"about"`
	Model        string   `json:"model"`
	Accelerator  string   `json:"accelerator"`
	Layout       string   `json:"layout"`
	Accelerators int      `json:"accelerators"`
	PoolTokens   float64  `json:"kv_pool_tokens"` // of the engines that take prompts
	Provenance   string   `json:"provenance"`
	Features     []string `json:"features"`
}

// AcceleratorEntry is an accelerator; bytes, bytes/s, FLOP/s and W.
type AcceleratorEntry struct {
	Name       string  `json:"name"`
	HBMBytes   float64 `json:"hbm_bytes"`
	Bandwidth  float64 `json:"hbm_bandwidth"`
	BF16       float64 `json:"bf16"`
	FP8        float64 `json:"fp8"`
	FP4        float64 `json:"fp4"`
	Link       float64 `json:"link_bandwidth"`
	LinkDomain int     `json:"link_domain"`
	MaxW       float64 `json:"max_power_w"`
	TypicalW   float64 `json:"typical_power_w"`
	ITW        float64 `json:"it_power_w"`
	AllInW     float64 `json:"all_in_power_w"`
}

// ModelEntry is a model and where it fits, accelerators in the order of Contents.
type ModelEntry struct {
	Name        string   `json:"name"`
	WeightBytes float64  `json:"checkpoint_bytes"`
	KVPerToken  float64  `json:"kv_bytes_per_token"` // ideal paging
	MaxContext  int      `json:"max_context"`
	KVRegimes   []string `json:"kv_regimes"`
	Acceptance  []string `json:"acceptance_tables"`
	Fits        []Fit    `json:"fits"`
}

// Fit is the fewest accelerators of one link domain, in tensor parallelism under the
// default runtime, that hold a model; 0: none do, and Why says so with the arithmetic.
type Fit struct {
	Accelerator  string  `json:"accelerator"`
	Accelerators int     `json:"accelerators"`
	PoolTokens   float64 `json:"kv_pool_tokens"`
	Provenance   string  `json:"provenance"`
	Why          string  `json:"why,omitempty"`
}

// RuntimeEntry is serving software.
type RuntimeEntry struct {
	Name        string  `json:"name"`
	Scheduler   string  `json:"scheduler"`
	Reserve     string  `json:"reserve"`
	PhiDecode   float64 `json:"phi_decode"`
	PhiPrefill  float64 `json:"phi_prefill"`
	BlockTokens int     `json:"block_tokens"`
	MaxSeqs     int     `json:"max_num_seqs"`
	StepTokens  int     `json:"max_batched_tokens"`
}

// Catalogue returns everything that is built in.
func Catalogue() (Contents, error) {
	var c Contents
	for _, name := range List() {
		p, err := Load(name)
		if err != nil {
			return c, err
		}
		pool, err := p.poolTokens()
		if err != nil {
			return c, err
		}
		c.Systems = append(c.Systems, SystemEntry{
			Name: name, About: p.About, Model: p.ModelName, Accelerator: p.Use.Accelerator, Layout: p.Words(),
			Accelerators: p.Accelerators(), PoolTokens: pool, Provenance: p.Provenance(), Features: p.features(),
		})
	}
	for _, name := range list("accelerators") {
		var a Accelerator
		if err := embedded("accelerators", name, &a); err != nil {
			return c, err
		}
		typical := (&Profile{Accelerator: a}).TypicalPower()
		c.Accelerators = append(c.Accelerators, AcceleratorEntry{
			Name: name, HBMBytes: a.HBMBytes.Value, Bandwidth: a.HBMBandwidth.Value, BF16: a.BF16.Value, FP8: a.FP8.Value, FP4: a.FP4.Value,
			Link: a.LinkBandwidth.Value, LinkDomain: a.LinkDomain.int(), MaxW: a.MaxPower.Value, TypicalW: typical.Value, ITW: a.ITPower.Value, AllInW: a.AllInPower.Value,
		})
	}
	for _, name := range list("models") {
		m, err := modelEntry(name)
		if err != nil {
			return c, err
		}
		c.Models = append(c.Models, m)
	}
	for _, name := range list("runtimes") {
		var r Runtime
		if err := embedded("runtimes", name, &r); err != nil {
			return c, err
		}
		c.Runtimes = append(c.Runtimes, RuntimeEntry{name, r.Scheduler, r.Reserve, r.PhiDecode.Value, r.PhiPrefill.Value, r.BlockTokens.int(), r.MaxNumSeqs.int(), r.MaxBatchedTokens.int()})
	}
	return c, nil
}

func modelEntry(name string) (ModelEntry, error) {
	var m Model
	if err := embedded("models", name, &m); err != nil {
		return ModelEntry{}, err
	}
	shape := (&Profile{Model: m}).Shape()
	out := ModelEntry{Name: name, WeightBytes: m.CheckpointBytes.Value, KVPerToken: shape.KVPerToken(1), MaxContext: m.MaxContext.int(), KVRegimes: []string{}, Acceptance: []string{}}
	for _, r := range m.KVRegimes {
		out.KVRegimes = append(out.KVRegimes, r.Name)
	}
	for _, a := range m.Acceptance {
		out.Acceptance = append(out.Acceptance, a.Name)
	}
	for _, accelerator := range list("accelerators") {
		fit := Fit{Accelerator: accelerator, Provenance: m.Provenance(accelerator)}
		if p, err := compose(accelerator, name, defaultRuntime); err != nil {
			fit.Why = err.Error()
		} else if fit.PoolTokens, err = p.poolTokens(); err != nil {
			return out, err
		} else {
			fit.Accelerators = p.Accelerators()
		}
		out.Fits = append(out.Fits, fit)
	}
	return out, nil
}

// poolTokens is what the KV pools of the engines that take prompts hold.
func (p *Profile) poolTokens() (float64, error) {
	d, err := p.Deployment()
	if err != nil {
		return 0, err
	}
	tokens := 0.0
	for _, e := range d.Serve {
		tokens += float64(e.PoolTokens())
	}
	return tokens, nil
}

// features names what the profile does beyond plain tensor parallelism.
func (p *Profile) features() []string {
	out := []string{}
	fused, widest := false, 1
	for _, pool := range p.pools() {
		fused, widest = fused || pool.Layout.Fused, max(widest, pool.Layout.EP)
	}
	if widest > 1 {
		out = append(out, fmt.Sprintf("EP%d", widest))
	}
	if fused {
		out = append(out, "overlap")
	}
	if p.Speculation.Draft > 0 {
		out = append(out, fmt.Sprintf("%s-%d", p.Speculation.Table, p.Speculation.Draft))
	}
	for _, f := range p.Model.FFN {
		switch b := f.WeightBytes.Value; {
		case f.Kind == "experts" && b == MXFP4Bytes:
			out = append(out, "MXFP4")
		case f.Kind == "experts" && b == MXFP8Bytes:
			out = append(out, "MXFP8")
		}
	}
	return out
}
