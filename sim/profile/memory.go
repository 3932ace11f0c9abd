package profile

import (
	"fmt"
	"math"
)

// Memory is how one accelerator of an engine divides its own, bytes.
type Memory struct {
	Usable   float64 // hbm_bytes * memory_share
	Weights  float64
	Reserved float64 // activations, graphs, communication
	Pool     float64 // what is left for the KV cache
	PerToken float64 // KV cache of a token
	PerSeq   float64 // KV cache of a sequence, whatever its length
	block    float64 // KV cache of a block
}

// Memory returns the division on each accelerator of a pool's engines, or an error
// with the arithmetic where nothing is left for the KV cache.
func (p *Profile) Memory(pool Pool) (Memory, error) {
	m, l, r := p.Shape(), pool.Layout.roofline(), p.Runtime
	out := Memory{
		Usable: p.Accelerator.HBMBytes.Value * r.MemoryShare.Value, Weights: m.WeightsPerAccelerator(l), Reserved: r.ReservedBytes.Value,
		PerToken: m.KVPerToken(l.TP), PerSeq: m.KVFixed(l.TP),
	}
	if regime, ok, err := p.regime(pool.KVRegime); err != nil {
		return out, err
	} else if ok {
		out.PerToken, out.PerSeq = regime.PerToken.Value, regime.Fixed.Value
	}
	// A stage of a pipeline keeps the KV cache of its own layers.
	out.PerToken, out.PerSeq = out.PerToken/float64(l.PP), out.PerSeq/float64(l.PP)
	out.block = out.PerToken * r.BlockTokens.Value
	out.Pool = out.Usable - out.Weights - out.Reserved
	if r.KVFactor != (Value{}) {
		out.Pool *= r.KVFactor.Value
	}
	if out.Pool < out.block {
		return out, fmt.Errorf("no memory for a KV block of %.3g B: hbm_bytes %.4g * memory_share %.3g - weights %.4g (layout tp %d, ep %d, pp %d) - reserved_bytes %.4g = %.4g B",
			out.block, p.Accelerator.HBMBytes.Value, r.MemoryShare.Value, out.Weights, l.TP, l.EP, l.PP, out.Reserved, out.Usable-out.Weights-out.Reserved)
	}
	return out, nil
}

// Blocks returns the KV pool of each attention rank of an engine.
func (m Memory) Blocks() int { return int(m.Pool / m.block) }

// FixedBlocks returns what a sequence takes of it whatever its length.
func (m Memory) FixedBlocks() int { return int(math.Ceil(m.PerSeq / m.block)) }
