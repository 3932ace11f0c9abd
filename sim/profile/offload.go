package profile

import (
	"fmt"
	"math"
	"slices"

	"plimsoll/sim"
)

// OffloadTier is memory below HBM that takes what the KV pool evicts.
type OffloadTier struct {
	Name      string `yaml:"name"`                 // host, nvme; in this order
	Capacity  Value  `yaml:"capacity" unit:"B"`    // for KV blocks, an accelerator
	Bandwidth Value  `yaml:"bandwidth" unit:"B/s"` // of reading back, an accelerator
}

var offloadNames = []string{"host", "nvme"}

func (p *Profile) checkOffload() error {
	last := -1
	for i, t := range p.Offload {
		place := slices.Index(offloadNames, t.Name)
		if place < 0 {
			return fmt.Errorf("offload[%d].name %q is not modelled; there are: host, nvme", i, t.Name)
		}
		if place <= last {
			return fmt.Errorf("offload[%d].name is %q after %q, want each tier once, from the fastest: host, nvme", i, t.Name, p.Offload[i-1].Name)
		}
		last = place
		if err := checkSection(fmt.Sprintf("offload[%d]", i), t); err != nil {
			return err
		}
	}
	return nil
}

// tiers converts the offload section for each attention rank of a pool's engines: as many
// blocks as each accelerator's share holds, read back over its own accelerators' links.
// Engines that only decode keep no prefix, so none is offloaded.
func (p *Profile) tiers(pool Pool, m Memory) ([]sim.Tier, error) {
	if pool.Role == "decode" {
		return nil, nil
	}
	var out []sim.Tier
	for i, t := range p.Offload {
		blocks := t.Capacity.Value / m.block
		if blocks < 1 || blocks > math.MaxInt32 {
			return nil, fmt.Errorf("offload[%d].capacity %.4g B / %.4g B a KV block (%.4g B a token * block_tokens %.0f) = %.3g blocks, want 1 to %d",
				i, t.Capacity.Value, m.block, m.PerToken, p.Runtime.BlockTokens.Value, blocks, math.MaxInt32)
		}
		out = append(out, sim.Tier{Name: t.Name, Blocks: int(blocks), BlockSeconds: m.block / t.Bandwidth.Value})
	}
	return out, nil
}
