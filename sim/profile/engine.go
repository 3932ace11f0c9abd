package profile

import (
	"fmt"
	"slices"
	"time"

	"plimsoll/sim"
	"plimsoll/sim/roofline"
)

// Engine returns the configuration of a profile of a single engine. It refuses
// weights that do not fit and layouts that do not divide, with the arithmetic.
func (p *Profile) Engine() (sim.Config, error) {
	if len(p.Pools) > 0 {
		return sim.Config{}, fmt.Errorf("profile %s has pools of engines; it is a deployment", p.Name)
	}
	return p.engine(Pool{Role: "serve", Count: 1, Layout: p.Layout, KVRegime: p.KVRegime}, p.Speculation.Draft)
}

// Deployment returns the configuration of all the profile's engines.
func (p *Profile) Deployment() (sim.DeploymentConfig, error) {
	out := sim.DeploymentConfig{Router: sim.Router(p.Router), Overhead: duration(p.Network.Overhead), TransferFixed: duration(p.Network.TransferFixed), Racks: p.Racks}
	if out.Router == "" {
		out.Router = sim.RouteAffinity
	}
	if rate := p.Network.TransferRate.Value; rate > 0 {
		out.TransferPerToken = p.transferBytes() / rate
	}
	pools := p.pools()
	twoStages := slices.ContainsFunc(pools, func(pool Pool) bool { return pool.Role == "decode" })
	for i, pool := range pools {
		draft := p.Speculation.Draft
		if twoStages && pool.Role == "serve" {
			draft = 0 // it generates nothing
		}
		cfg, err := p.engine(pool, draft)
		if err != nil {
			return out, fmt.Errorf("pools[%d]: %w", i, err)
		}
		for range pool.Count {
			if pool.Role == "decode" {
				out.Decode = append(out.Decode, cfg)
			} else {
				out.Serve = append(out.Serve, cfg)
			}
		}
	}
	if err := out.Validate(); err != nil {
		return out, fmt.Errorf("profile %s: %w", p.Name, err)
	}
	return out, nil
}

// transferBytes is the KV cache of a prompt token that goes from one engine to another.
func (p *Profile) transferBytes() float64 {
	if p.Model.TransferBytes != (Value{}) {
		return p.Model.TransferBytes.Value
	}
	return p.Shape().KVPerToken(1)
}

// pools returns the profile's pools; a single engine is one.
func (p *Profile) pools() []Pool {
	if len(p.Pools) > 0 {
		return p.Pools
	}
	return []Pool{{Role: "serve", Count: 1, Layout: p.Layout, KVRegime: p.KVRegime}}
}

// Accelerators returns how many accelerators the profile's engines take.
func (p *Profile) Accelerators() int {
	n := 0
	for _, pool := range p.pools() {
		n += pool.Count * pool.Layout.roofline().Accelerators()
	}
	return n
}

func (p *Profile) engine(pool Pool, draft int) (sim.Config, error) {
	cfg, err := p.configure(pool, draft)
	if err == nil {
		err = cfg.Validate()
	}
	if err != nil {
		return sim.Config{}, fmt.Errorf("profile %s: %w", p.Name, err)
	}
	return cfg, nil
}

func (p *Profile) configure(pool Pool, draft int) (sim.Config, error) {
	system, err := p.System(pool.Layout)
	if err != nil {
		return sim.Config{}, err
	}
	accepted, err := p.accepted()
	if err != nil {
		return sim.Config{}, err
	}
	if draft == 0 {
		accepted = 1
	}
	memory, err := p.Memory(pool)
	if err != nil {
		return sim.Config{}, err
	}
	r, l := p.Runtime, pool.Layout.roofline()
	seqs := r.MaxNumSeqs
	if pool.MaxNumSeqs != (Value{}) {
		seqs = pool.MaxNumSeqs
	}
	tiers, err := p.tiers(pool, memory)
	if err != nil {
		return sim.Config{}, err
	}
	n := float64(l.Accelerators())
	return sim.Config{
		Ranks: l.DP,
		Cost:  system.Cost(roofline.Software{PhiDecode: r.PhiDecode.Value, PhiPrefill: r.PhiPrefill.Value, Draft: draft}),
		Power: sim.Power{IdleW: n * p.Accelerator.IdlePower.Value, MaxW: n * p.Accelerator.MaxPower.Value,
			ComputeShare: p.Constants.ComputePowerShare.Value, MemoryShare: p.Constants.MemoryPowerShare.Value},
		BlockTokens: r.BlockTokens.int(), Blocks: memory.Blocks(), FixedBlocks: memory.FixedBlocks(), Reserve: sim.Reserve(r.Reserve), Separate: r.Scheduler == "sglang", Order: r.order(), Estimate: r.estimate(),
		MaxSeqs: seqs.int(), StepTokens: r.MaxBatchedTokens.int(), MaxContext: p.Model.MaxContext.int(),
		AlignSteps:    r.AlignSteps.int(),
		PreferredSeqs: r.PreferredSeqs.int(), PreferredQueue: r.PreferredQueue.int(), QueuePerSeq: r.QueuePerSeq.Value,
		MaxQueueDelay: duration(r.MaxQueueDelay),
		Offload:       tiers, Ports: l.Accelerators(),
		Accepted: accepted, Speed: 1,
	}, nil
}

func duration(v Value) time.Duration { return time.Duration(v.Value * 1e9) }

// System returns the model on the accelerators in a layout, for pricing kernels.
func (p *Profile) System(l Layout) (*roofline.System, error) {
	return roofline.New(p.hardware(), p.Shape(), p.constants(), l.roofline())
}

func (p *Profile) hardware() roofline.Hardware {
	a := p.Accelerator
	return roofline.Hardware{
		HBMBytes: a.HBMBytes.Value, HBMBandwidth: a.HBMBandwidth.Value, BF16: a.BF16.Value, FP8: a.FP8.Value, FP4: a.FP4.Value,
		LinkBandwidth: a.LinkBandwidth.Value, LinkDomain: a.LinkDomain.int(), NICBandwidth: a.NICBandwidth.Value, FloorFactor: a.FloorFactor.Value,
		FourBitFactor: a.FourBitFactor.Value,
	}
}

// roofline fills in ones.
func (l Layout) roofline() roofline.Layout {
	return roofline.Layout{TP: max(1, l.TP), DP: max(1, l.DP), EP: max(1, l.EP), PP: max(1, l.PP), Fused: l.Fused, Redundant: l.Redundant}
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
		ExpertFloor: c.ExpertFloor.Value, FusedFloor: c.FusedFloor.Value, ExchangeFloor: c.ExchangeFloor.Value, HeadFloor: c.HeadFloor.Value, Overlap: c.Overlap.Value,
		ExpertImbalance: c.ExpertImbalance.Value,
		DraftLayers:     c.DraftLayers.Value, VerifyOverhead: c.VerifyOverhead.Value,
		ExchangeBytes: c.ExchangeBytes.Value, ElementHidden: c.ElementHidden.Value,
		AttentionFloors: make(map[roofline.Kind]float64), ElementBytes: make(map[roofline.Kind]float64),
	}
	for _, k := range c.Kinds {
		out.AttentionFloors[roofline.Kind(k.Kind)] = k.Floor.Value
		out.ElementBytes[roofline.Kind(k.Kind)] = k.ElementBytes.Value
	}
	return out
}
