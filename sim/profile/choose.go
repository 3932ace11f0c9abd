package profile

import (
	"fmt"
	"slices"
	"strings"
)

// Choice is a system and what is to be otherwise than its profile says.
type Choice struct {
	System  string // name or file of a profile, or an accelerator
	Model   string // "" the profile's own; an accelerator needs one
	Runtime string // "" the profile's own
	Layout  string // as ParseLayout reads it; "" the profile's own
	Racks   int    // copies of the whole system behind one router; 0 is 1
}

// defaultRuntime serves where none is named.
const defaultRuntime = "vllm"

// Choose returns the profile that a choice stands for. A model other than the
// profile's own is composed with its accelerator on as few of them as hold it,
// since a layout is made for one model.
func Choose(c Choice) (*Profile, error) {
	p, err := c.base()
	if err != nil {
		return nil, err
	}
	if c.Layout != "" {
		if err := p.relayout(c.Layout); err != nil {
			return nil, err
		}
	}
	if c.Racks < 0 {
		return nil, fmt.Errorf("racks %d, want at least 1", c.Racks)
	}
	if c.Racks > 1 {
		pools := slices.Clone(p.pools())
		for i := range pools {
			pools[i].Count *= c.Racks
		}
		p.setPools(pools)
		p.Racks = max(1, p.Racks) * c.Racks
	}
	_, err = p.Deployment()
	return p, err
}

// base is the profile before layout and racks.
func (c Choice) base() (*Profile, error) {
	if slices.Contains(list("accelerators"), c.System) && !slices.Contains(List(), c.System) {
		if c.Model == "" {
			return nil, fmt.Errorf("%s is an accelerator: say what it serves with --model; there are: %s", c.System, strings.Join(list("models"), ", "))
		}
		return compose(c.System, c.Model, orDefault(c.Runtime))
	}
	p, err := Load(c.System)
	if err != nil {
		return nil, err
	}
	if c.Model != "" && c.Model != p.Use.Model {
		if p.Use.Accelerator == "" {
			return nil, fmt.Errorf("profile %s writes its own accelerator out, so no other model can be put on it; use ACCELERATOR+MODEL", c.System)
		}
		return compose(p.Use.Accelerator, c.Model, orDefault(c.Runtime))
	}
	if c.Runtime != "" && c.Runtime != p.Use.Runtime {
		p.Runtime, p.Use.Runtime = Runtime{}, c.Runtime
		if err := embedded("runtimes", c.Runtime, &p.Runtime); err != nil {
			return nil, fmt.Errorf("profile %s: %w", p.Name, err)
		}
		p.Published = Published{} // it was measured under another runtime
	}
	return p, p.check()
}

func orDefault(runtime string) string {
	if runtime == "" {
		return defaultRuntime
	}
	return runtime
}

// relayout puts other pools in place of the profile's own. What a pool says beside
// its widths comes from the profile's pool of the same role.
func (p *Profile) relayout(words string) error {
	pools, err := ParseLayout(words)
	if err != nil {
		return err
	}
	if len(pools) > 1 && p.Network.TransferRate == (Value{}) {
		return fmt.Errorf("layout %s hands KV caches from one engine to another, and %s has no network section to price that; write a profile file with one", words, p.Name)
	}
	old := p.pools()
	for i := range pools {
		like := old[0]
		for _, o := range old {
			if o.Role == pools[i].Role {
				like = o
			}
		}
		l := &pools[i].Layout
		pools[i].KVRegime, pools[i].MaxNumSeqs = like.KVRegime, like.MaxNumSeqs
		l.Fused = like.Layout.Fused && l.EP > 1
		l.Redundant = p.redundant(l.EP)
	}
	p.setPools(pools)
	p.Published = Published{} // of another layout
	return nil
}

// redundant is the fewest copies of experts that make them divisible by ep ranks.
func (p *Profile) redundant(ep int) int {
	for _, f := range p.Model.FFN {
		if n := f.Experts.int(); n > 0 && ep > 1 {
			return (ep - n%ep) % ep
		}
	}
	return 0
}

func (p *Profile) setPools(pools []Pool) {
	p.Pools, p.Layout, p.KVRegime = pools, Layout{}, ""
}
