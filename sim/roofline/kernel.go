package roofline

import (
	"fmt"
	"math"
)

// System is a model on hardware in a layout: what kernels are priced on.
type System struct {
	hw     Hardware
	model  Model
	consts Constants
	layout Layout
}

// New checks that the parts fit together.
func New(h Hardware, m Model, c Constants, l Layout) (*System, error) {
	if err := m.Fits(l); err != nil {
		return nil, err
	}
	for _, a := range m.Attention {
		if _, err := h.Peak(a.Format); err != nil {
			return nil, fmt.Errorf("attention %s: %w", a.Kind, err)
		}
		if a.IndexHeads > 0 && h.FP8 == 0 {
			return nil, fmt.Errorf("attention %s: the indexer needs fp8 arithmetic", a.Kind)
		}
	}
	for _, f := range m.FFN {
		if _, err := h.Peak(f.Format); err != nil {
			return nil, fmt.Errorf("ffn: %w", err)
		}
	}
	if h.LinkDomain < 1 || l.TP > h.LinkDomain {
		return nil, fmt.Errorf("layout.tp %d exceeds the link domain of %d accelerators", l.TP, h.LinkDomain)
	}
	return &System{hw: h, model: m, consts: c, layout: l}, nil
}

// part is the time of a kernel, s: floor and the larger of weights and linear, plus
// the rest. linear and rest grow with the tokens. flops and bytes are seconds at
// full peak, for the power model.
type part struct {
	floor, weights, linear, rest float64
	compute, memory              float64
}

func (p part) seconds() float64 { return p.floor + math.Max(p.weights, p.linear) + p.rest }

// Attention returns the time of one attention layer, s, on a rank that decodes (or,
// with prompt, prefills) so many tokens of so many sequences at mean context c.
func (s *System) Attention(a Attention, tokens, seqs, c float64, prompt bool) float64 {
	return s.attention(&a, tokens, seqs, c, prompt).seconds()
}

// FFN returns the time of one feed-forward layer, s, with so many tokens on each
// attention rank; imbalance is the slowest expert rank's load over the mean.
func (s *System) FFN(f FFN, tokens, imbalance float64) float64 {
	return s.ffn(&f, tokens, tokens*float64(s.layout.DP), tokens, imbalance).seconds()
}

func (s *System) attention(a *Attention, tokens, seqs, c float64, prompt bool) part {
	tp := float64(s.layout.TP)
	dim := a.HeadDim
	if prompt && a.PrefillDim > 0 {
		dim = a.PrefillDim
	}
	attended, indexed := a.entries(c)
	bw := s.hw.HBMBandwidth
	peak, _ := s.hw.Peak(a.Format) // checked by New
	weights := a.Parameters * a.WeightBytes / tp / bw
	linear := 2 * a.Parameters / tp * tokens / peak
	kv := seqs * (attended*a.EntryBytes*float64(a.KVHeads)*a.kvShare(s.layout.TP) + indexed*a.IndexBytes) / bw
	scores := tokens * 4 * float64(a.QHeads) / tp * float64(dim) * attended / s.hw.BF16
	element := tokens * s.consts.ElementBytes[a.Kind] * float64(s.model.Hidden) / s.consts.ElementHidden / bw
	p := part{
		floor:   s.hw.FloorFactor * s.consts.AttentionFloors[a.Kind],
		weights: weights / s.consts.EtaWeights, linear: linear / s.consts.EtaCompute,
		rest:    kv/s.consts.EtaKV + scores/s.consts.EtaAttention + element/s.consts.EtaWeights,
		compute: linear + scores, memory: weights + kv + element,
	}
	if a.IndexHeads > 0 {
		index := tokens * 2 * float64(a.IndexHeads*a.IndexDim) * indexed / s.hw.FP8
		p.rest += index / s.consts.EtaIndex
		p.compute += index
	}
	return p
}

// ffn prices one layer: tokens on an attention rank, on all of them, and on the one that
// has most.
func (s *System) ffn(f *FFN, tokens, global, most, imbalance float64) part {
	bw := s.hw.HBMBandwidth
	peak, _ := s.hw.Peak(f.Format) // checked by New
	if f.Experts == 0 {
		tp := float64(s.layout.TP)
		weights := f.Parameters * f.WeightBytes / tp / bw
		linear := 2 * f.Parameters / tp * tokens / peak
		return part{floor: s.hw.FloorFactor * s.consts.DenseFloor, weights: weights / s.consts.EtaWeights,
			linear: linear / s.consts.EtaCompute, compute: linear, memory: weights}
	}
	e, k := float64(f.Experts), float64(f.TopK)
	split := float64(max(s.layout.EP, s.layout.TP)) // of the experts, or of each expert
	if s.layout.EP == 1 {
		global = tokens
	}
	held := (e + float64(s.layout.Redundant)) / split
	touched := held * (1 - math.Pow(1-k/e, global))
	weights := touched * f.Parameters * f.WeightBytes / bw
	linear := 2 * f.Parameters * k * global / split / peak
	if f.WeightBytes < 1 {
		linear *= s.hw.FourBitFactor
	}
	floor := s.consts.ExpertFloor
	if s.layout.Fused {
		floor = s.consts.FusedFloor
	}
	p := part{floor: s.hw.FloorFactor * floor, weights: weights / s.consts.EtaExperts,
		linear: linear / s.consts.EtaMoE * imbalance, compute: linear, memory: weights}
	if s.layout.Fused {
		p.rest = (1 - s.consts.Overlap) * s.allToAll(most, k)
	}
	return p
}

// exchange prices the all-to-all that stands before and after a layer of experts on
// its own, where it is not fused with them.
func (s *System) exchange(f *FFN, tokens float64) part {
	if f.Experts == 0 || s.layout.EP == 1 || s.layout.Fused {
		return part{}
	}
	return part{floor: s.hw.FloorFactor * s.consts.ExchangeFloor, rest: s.allToAll(tokens, float64(f.TopK))}
}

// allToAll returns the seconds that tokens travel between expert ranks, one layer.
func (s *System) allToAll(tokens, k float64) float64 {
	ep := float64(s.layout.EP)
	hit := ep * (1 - math.Pow(1-1/ep, k)) * (ep - 1) / ep // ranks that a token goes to
	bytes := tokens * float64(s.model.Hidden) * s.consts.ExchangeBytes * hit
	inside := math.Min(1, float64(s.hw.LinkDomain-1)/(ep-1))
	seconds := bytes * inside / (s.consts.EtaAllToAll * s.hw.LinkBandwidth)
	if inside < 1 {
		seconds += bytes * (1 - inside) / (s.consts.EtaNIC * s.hw.NICBandwidth)
	}
	return seconds
}

// allReduce prices one sum over the tensor-parallel rank.
func (s *System) allReduce(tokens float64) part {
	tp := float64(s.layout.TP)
	if tp == 1 {
		return part{}
	}
	bytes := 2 * (tp - 1) / tp * tokens * float64(s.model.Hidden) * 2
	return part{floor: s.hw.FloorFactor * s.consts.AllReduceFloor, rest: bytes / (s.consts.EtaLink * s.hw.LinkBandwidth)}
}
