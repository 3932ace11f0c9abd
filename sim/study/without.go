package study

import (
	"fmt"
	"slices"
	"strings"

	"plimsoll/sim"
	"plimsoll/sim/profile"
)

// nodeWidth is how many accelerators one board or node links without a rack-wide
// domain: what wide expert parallelism and NVL72 are compared with.
const nodeWidth = 8

// Optimisation is one thing that a system does and could do without.
type Optimisation struct {
	Name  string
	About string // what is taken away
	apply func(*profile.Profile) error
}

// Optimisations returns those that can be taken away.
func Optimisations() []Optimisation {
	return []Optimisation{
		{"wideep", fmt.Sprintf("expert parallelism at most %d wide, same accelerators", nodeWidth), narrowExperts},
		{"overlap", "all-to-all not hidden behind the experts' kernels", unfuse},
		{"nvl72", fmt.Sprintf("link domain of %d accelerators, the network beyond", nodeWidth), smallDomain},
		{"affinity", "requests go to the least loaded engine, not to their agent's", scatter},
		{"speculation", "one token a step, no draft", noDraft},
		{"mxfp4", "experts' weights in MXFP8", wideWeights},
		{"tiers", "what the KV pool evicts is gone: no host memory or NVMe below it", noTiers},
	}
}

// Without returns a copy of the profile that lacks an optimisation. What the profile
// does not have, or what is not modelled for it, is refused by name.
func Without(p *profile.Profile, name string) (*profile.Profile, error) {
	var names []string
	for _, o := range Optimisations() {
		names = append(names, o.Name)
		if o.Name != name {
			continue
		}
		out := p.Clone()
		if err := o.apply(out); err != nil {
			return nil, fmt.Errorf("ablate %s: %s %w", name, p.Name, err)
		}
		out.Name = p.Name + " without " + name
		return out, nil
	}
	return nil, fmt.Errorf("ablate %q: not known; there are %s", name, strings.Join(names, ", "))
}

func narrowExperts(p *profile.Profile) error {
	any := false
	for i := range p.Pools {
		l := &p.Pools[i].Layout
		if l.EP <= nodeWidth {
			continue
		}
		if l.TP > 1 || l.EP%nodeWidth != 0 {
			return fmt.Errorf("has experts over tp %d * dp %d accelerators; only dep widths that are multiples of %d are modelled", l.TP, l.DP, nodeWidth)
		}
		p.Pools[i].Count *= l.EP / nodeWidth
		l.DP, l.EP, l.Redundant = nodeWidth, nodeWidth, 0
		any = true
	}
	if !any {
		return fmt.Errorf("has no engine whose experts are spread over more than %d accelerators (%s)", nodeWidth, p.Words())
	}
	return nil
}

func unfuse(p *profile.Profile) error {
	any := p.Layout.Fused
	p.Layout.Fused = false
	for i := range p.Pools {
		any = any || p.Pools[i].Layout.Fused
		p.Pools[i].Layout.Fused = false
	}
	if !any {
		return fmt.Errorf("has no fused expert kernels (layout fused: false), so nothing overlaps")
	}
	return nil
}

func smallDomain(p *profile.Profile) error {
	domain := &p.Accelerator.LinkDomain
	if domain.Value <= nodeWidth {
		return fmt.Errorf("has a link domain of %g accelerators, not above %d", domain.Value, nodeWidth)
	}
	domain.Value, domain.Low, domain.High = nodeWidth, nodeWidth, nodeWidth
	return nil
}

func scatter(p *profile.Profile) error {
	engines := 0
	for _, pool := range p.Pools {
		if pool.Role == "serve" {
			engines += pool.Count
		}
	}
	if engines < 2 {
		return fmt.Errorf("has one engine that takes requests, so no router chooses (%s)", p.Words())
	}
	if p.Router != "" && p.Router != string(sim.RouteAffinity) {
		return fmt.Errorf("has the router %s already", p.Router)
	}
	p.Router = string(sim.RouteLeastLoaded)
	return nil
}

func noDraft(p *profile.Profile) error {
	if p.Speculation.Draft == 0 {
		return fmt.Errorf("does not speculate (speculation.draft 0)")
	}
	p.Speculation = profile.Speculation{}
	return nil
}

func noTiers(p *profile.Profile) error {
	if len(p.Offload) == 0 {
		return fmt.Errorf("has no offload tiers (no section offload)")
	}
	p.Offload = nil
	return nil
}

func wideWeights(p *profile.Profile) error {
	if !slices.ContainsFunc(p.Model.FFN, func(f profile.FFN) bool { return f.Kind == "experts" && f.WeightBytes.Value < 1 }) {
		return fmt.Errorf("serves a model without 4-bit experts")
	}
	return p.SetExpertFormat("mxfp8")
}
