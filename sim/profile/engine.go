package profile

import (
	"fmt"
	"time"

	"plimsoll/sim"
	"plimsoll/sim/roofline"
)

// Engine returns the configuration of the profile's engine. It refuses weights
// that do not fit, with the arithmetic.
func (p *Profile) Engine() (sim.Config, error) {
	h := roofline.Hardware{
		HBMBytes: p.Accelerator.HBMBytes.Value, HBMBandwidth: p.Accelerator.HBMBandwidth.Value,
		BF16: p.Accelerator.BF16.Value, FloorFactor: p.Accelerator.FloorFactor.Value,
	}
	m := roofline.Model{
		Layers: p.Model.Layers.int(), QHeads: p.Model.QHeads.int(), KVHeads: p.Model.KVHeads.int(), HeadDim: p.Model.HeadDim.int(),
		Parameters: p.Model.Parameters.Value, WeightBytes: p.Model.WeightBytes.Value, KVBytes: p.Model.KVElementBytes.Value,
		MaxContext: p.Model.MaxContext.int(),
	}
	c := roofline.Constants{
		EtaWeights: p.Constants.EtaWeights.Value, EtaKV: p.Constants.EtaKV.Value, EtaCompute: p.Constants.EtaCompute.Value,
		EtaAttention: p.Constants.EtaAttention.Value, LayerFloor: p.Constants.LayerFloor.Value, HeadFloor: p.Constants.HeadFloor.Value,
	}
	r := p.Runtime
	pool := h.HBMBytes*r.MemoryShare.Value - m.WeightBytes - r.ReservedBytes.Value
	block := m.KVPerToken() * r.BlockTokens.Value
	if pool < block {
		return sim.Config{}, fmt.Errorf("profile %s: no memory for a KV block of %.3g B: hbm_bytes %.4g * memory_share %.3g - weight_bytes %.4g - reserved_bytes %.4g = %.4g B",
			p.Name, block, h.HBMBytes, r.MemoryShare.Value, m.WeightBytes, r.ReservedBytes.Value, pool)
	}
	n := p.Accelerator.Count.Value
	cfg := sim.Config{
		Cost: roofline.New(h, m, c, roofline.Software{PhiDecode: r.PhiDecode.Value, PhiPrefill: r.PhiPrefill.Value}),
		Power: sim.Power{IdleW: n * p.Accelerator.IdlePower.Value, MaxW: n * p.Accelerator.MaxPower.Value,
			ComputeShare: p.Constants.ComputePowerShare.Value, MemoryShare: p.Constants.MemoryPowerShare.Value},
		BlockTokens: r.BlockTokens.int(), Blocks: int(pool / block), Reserve: sim.Reserve(r.Reserve),
		MaxSeqs: r.MaxNumSeqs.int(), StepTokens: r.MaxBatchedTokens.int(), MaxContext: m.MaxContext,
		PreferredSeqs: r.PreferredSeqs.int(), MaxQueueDelay: time.Duration(r.MaxQueueDelay.Value * 1e9),
		Speed: 1,
	}
	if err := cfg.Validate(); err != nil {
		return sim.Config{}, fmt.Errorf("profile %s: %w", p.Name, err)
	}
	return cfg, nil
}

func (v Value) int() int { return int(v.Value) }
