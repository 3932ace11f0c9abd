package roofline

import (
	"math"

	"plimsoll/sim"
)

// Cost prices steps of one model on one accelerator; it implements sim.Cost.
type Cost struct {
	software              Software
	floor                 float64 // s a step
	weights               float64 // s to read the weights once
	linear                float64 // s of arithmetic a token in the linear layers
	kv                    float64 // s to read the KV cache of one token of context
	attention             float64 // s of arithmetic a token and token of context
	etaWeights, etaKV     float64
	etaCompute, etaAttend float64
}

// New compiles a cost model.
func New(h Hardware, m Model, c Constants, s Software) Cost {
	return Cost{
		software:   s,
		floor:      h.FloorFactor * (c.LayerFloor*float64(m.Layers) + c.HeadFloor),
		weights:    m.WeightBytes / (c.EtaWeights * h.HBMBandwidth),
		linear:     2 * m.Parameters / (c.EtaCompute * h.BF16),
		kv:         m.KVPerToken() / (c.EtaKV * h.HBMBandwidth),
		attention:  4 * float64(m.QHeads*m.HeadDim*m.Layers) / (c.EtaAttention * h.BF16),
		etaWeights: c.EtaWeights, etaKV: c.EtaKV, etaCompute: c.EtaCompute, etaAttend: c.EtaAttention,
	}
}

// Price returns what the step costs.
func (c Cost) Price(w sim.Work) sim.Price {
	seqs := math.Max(1, float64(w.Seqs))
	linear := seqs * c.linear
	kv := float64(w.Context) * c.kv
	prefill := float64(w.Prefill)*c.linear + float64(w.Attended)*c.attention
	return sim.Price{
		Seconds: c.software.PhiDecode*(c.floor+math.Max(c.weights, linear)+kv) + c.software.PhiPrefill*prefill,
		Compute: linear*c.etaCompute + float64(w.Prefill)*c.linear*c.etaCompute + float64(w.Attended)*c.attention*c.etaAttend,
		Memory:  c.weights*c.etaWeights + kv*c.etaKV,
	}
}
