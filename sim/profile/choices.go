package profile

import (
	"fmt"
	"slices"

	"plimsoll/sim"
)

// checkChoices checks what the simulated engines would refuse in words of their own.
func (p *Profile) checkChoices() error {
	routers := []sim.Router{sim.RouteAffinity, sim.RouteLeastLoaded, sim.RoutePrefix}
	if p.Router != "" && !slices.Contains(routers, sim.Router(p.Router)) {
		return fmt.Errorf("router %q is not modelled; there are: %v", p.Router, routers)
	}
	if len(p.Pools) > 0 && !slices.ContainsFunc(p.Pools, func(pool Pool) bool { return pool.Role == "serve" }) {
		return fmt.Errorf("pools has no engine of role serve: nothing takes a prompt")
	}
	seqs, tokens := p.Runtime.MaxNumSeqs.Value, p.Runtime.MaxBatchedTokens.Value
	for _, pool := range p.Pools {
		seqs = max(seqs, pool.MaxNumSeqs.Value)
	}
	if seqs > tokens {
		return fmt.Errorf("max_num_seqs %g is above runtime.max_batched_tokens %g: a step could not hold one token of each sequence", seqs, tokens)
	}
	return nil
}
