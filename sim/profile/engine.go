package profile

import (
	"fmt"
	"math"
	"time"

	"plimsoll/sim"
	"plimsoll/sim/roofline"
)

// Engine returns the configuration of the profile's engine. It refuses weights
// that do not fit and layouts that do not divide, with the arithmetic.
func (p *Profile) Engine() (sim.Config, error) {
	cfg, err := p.engine()
	if err == nil {
		err = cfg.Validate()
	}
	if err != nil {
		return sim.Config{}, fmt.Errorf("profile %s: %w", p.Name, err)
	}
	return cfg, nil
}

// Accelerators returns how many accelerators the engine takes.
func (p *Profile) Accelerators() int { return p.layout().Accelerators() }

func (p *Profile) engine() (sim.Config, error) {
	system, err := p.System()
	if err != nil {
		return sim.Config{}, err
	}
	accepted, err := p.accepted()
	if err != nil {
		return sim.Config{}, err
	}
	blocks, fixed, err := p.blocks()
	if err != nil {
		return sim.Config{}, err
	}
	r, l := p.Runtime, p.layout()
	n := float64(l.Accelerators())
	return sim.Config{
		Cost: system.Cost(roofline.Software{PhiDecode: r.PhiDecode.Value, PhiPrefill: r.PhiPrefill.Value, Draft: p.Speculation.Draft}),
		Power: sim.Power{IdleW: n * p.Accelerator.IdlePower.Value, MaxW: n * p.Accelerator.MaxPower.Value,
			ComputeShare: p.Constants.ComputePowerShare.Value, MemoryShare: p.Constants.MemoryPowerShare.Value},
		BlockTokens: r.BlockTokens.int(), Blocks: blocks, FixedBlocks: fixed, Reserve: sim.Reserve(r.Reserve),
		MaxSeqs: r.MaxNumSeqs.int() * l.DP, StepTokens: r.MaxBatchedTokens.int() * l.DP, MaxContext: p.Model.MaxContext.int(),
		PreferredSeqs: r.PreferredSeqs.int(), MaxQueueDelay: time.Duration(r.MaxQueueDelay.Value * 1e9),
		Accepted: accepted, Speed: 1,
	}, nil
}

// System returns the model on the accelerators, for pricing kernels.
func (p *Profile) System() (*roofline.System, error) {
	return roofline.New(p.hardware(), p.Shape(), p.constants(), p.layout())
}

// blocks returns the KV pool of all attention ranks and what a sequence takes of it
// whatever its length, blocks.
func (p *Profile) blocks() (pool, fixed int, err error) {
	m, l, r := p.Shape(), p.layout(), p.Runtime
	perToken, perSeq := m.KVPerToken(l.TP), m.KVFixed(l.TP)
	if regime, ok, err := p.regime(); err != nil {
		return 0, 0, err
	} else if ok {
		perToken, perSeq = regime.PerToken.Value, regime.Fixed.Value
	}
	// A stage of a pipeline keeps the KV cache of its own layers.
	block := perToken * r.BlockTokens.Value / float64(l.PP)
	weights := m.WeightsPerAccelerator(l)
	left := p.Accelerator.HBMBytes.Value*r.MemoryShare.Value - weights - r.ReservedBytes.Value
	if left < block {
		return 0, 0, fmt.Errorf("no memory for a KV block of %.3g B: hbm_bytes %.4g * memory_share %.3g - weights %.4g (layout tp %d, ep %d, pp %d) - reserved_bytes %.4g = %.4g B",
			block, p.Accelerator.HBMBytes.Value, r.MemoryShare.Value, weights, l.TP, l.EP, l.PP, r.ReservedBytes.Value, left)
	}
	return int(left/block) * l.DP, int(math.Ceil(perSeq / float64(l.PP) / block)), nil
}

func (p *Profile) hardware() roofline.Hardware {
	a := p.Accelerator
	return roofline.Hardware{
		HBMBytes: a.HBMBytes.Value, HBMBandwidth: a.HBMBandwidth.Value, BF16: a.BF16.Value, FP8: a.FP8.Value, FP4: a.FP4.Value,
		LinkBandwidth: a.LinkBandwidth.Value, LinkDomain: a.LinkDomain.int(), NICBandwidth: a.NICBandwidth.Value, FloorFactor: a.FloorFactor.Value,
	}
}

// layout fills in ones.
func (p *Profile) layout() roofline.Layout {
	l := p.Layout
	return roofline.Layout{TP: max(1, l.TP), DP: max(1, l.DP), EP: max(1, l.EP), PP: max(1, l.PP), Fused: l.Fused}
}

// Shape returns the model for the cost model.
func (p *Profile) Shape() roofline.Model {
	m := roofline.Model{
		Hidden: p.Model.Hidden.int(), Vocab: p.Model.Vocab.int(), MaxContext: p.Model.MaxContext.int(),
		CheckpointBytes: p.Model.CheckpointBytes.Value, ExpertBytes: p.Model.ExpertBytes.Value,
		ExtraFloor: p.Model.ExtraFloor.Value, ExtraPerToken: p.Model.ExtraPerToken.Value,
	}
	for _, a := range p.Model.Attention {
		m.Attention = append(m.Attention, roofline.Attention{
			Kind: roofline.Kind(a.Kind), Format: roofline.Format(a.Format), Layers: a.Layers.int(), Parameters: a.Parameters.Value,
			WeightBytes: a.WeightBytes.Value, QHeads: a.QHeads.int(), KVHeads: a.KVHeads.int(), HeadDim: a.HeadDim.int(),
			PrefillDim: a.PrefillDim.int(), EntryBytes: a.EntryBytes.Value, Window: a.Window.int(), TopK: a.TopK.int(),
			Compress: a.Compress.int(), IndexHeads: a.IndexHeads.int(), IndexDim: a.IndexDim.int(), IndexBytes: a.IndexBytes.Value,
		})
	}
	for _, f := range p.Model.FFN {
		m.FFN = append(m.FFN, roofline.FFN{
			Layers: f.Layers.int(), Parameters: f.Parameters.Value, WeightBytes: f.WeightBytes.Value, Format: roofline.Format(f.Format),
			Experts: f.Experts.int(), TopK: f.TopK.int(),
		})
	}
	return m
}

func (p *Profile) constants() roofline.Constants {
	c := p.Constants
	out := roofline.Constants{
		EtaWeights: c.EtaWeights.Value, EtaExperts: c.EtaExperts.Value, EtaKV: c.EtaKV.Value, EtaCompute: c.EtaCompute.Value,
		EtaMoE: c.EtaMoE.Value, EtaAttention: c.EtaAttention.Value, EtaIndex: c.EtaIndex.Value, EtaLink: c.EtaLink.Value,
		EtaAllToAll: c.EtaAllToAll.Value, EtaNIC: c.EtaNIC.Value, AllReduceFloor: c.AllReduceFloor.Value, DenseFloor: c.DenseFloor.Value,
		ExpertFloor: c.ExpertFloor.Value, FusedFloor: c.FusedFloor.Value, HeadFloor: c.HeadFloor.Value, Overlap: c.Overlap.Value,
		ExpertImbalance: c.ExpertImbalance.Value, DecodeImbalance: c.DecodeImbalance.Value, PrefillImbalance: c.PrefillImbalance.Value,
		DraftLayers: c.DraftLayers.Value, VerifyOverhead: c.VerifyOverhead.Value,
		AttentionFloors: make(map[roofline.Kind]float64), ElementBytes: make(map[roofline.Kind]float64),
	}
	for _, k := range c.Kinds {
		out.AttentionFloors[roofline.Kind(k.Kind)] = k.Floor.Value
		out.ElementBytes[roofline.Kind(k.Kind)] = k.ElementBytes.Value
	}
	return out
}
