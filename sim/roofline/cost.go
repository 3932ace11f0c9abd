package roofline

import (
	"math"

	"plimsoll/sim"
)

// Cost prices steps of a system under a runtime; it implements sim.Cost.
type Cost struct {
	system   *System
	software Software
}

// Cost returns the price list of the system under the runtime.
func (s *System) Cost(software Software) Cost {
	return Cost{system: s, software: software}
}

// Price returns what the step costs.
func (c Cost) Price(ranks []sim.Work) sim.Price {
	var w sim.Work
	for _, r := range ranks {
		w.Seqs += r.Seqs
		w.Context += r.Context
		w.Prefill += r.Prefill
		w.Attended += r.Attended
	}
	s, k := c.system, c.system.consts
	dp := float64(s.layout.DP)
	seqs, context := 1.0, 0.0
	if w.Seqs > 0 {
		seqs = math.Max(1, float64(w.Seqs)/dp)
		context = float64(w.Context) / float64(w.Seqs)
	}
	imbalance := 1.0
	if dp > 1 && seqs > 1 {
		imbalance = k.DecodeImbalance
	}
	tokens := seqs * float64(1+c.software.Draft) * imbalance
	total := c.step(tokens, seqs*imbalance, context)
	decode := total.seconds
	if c.software.Draft > 0 {
		draft := c.step(seqs*imbalance, seqs*imbalance, context).seconds * k.DraftLayers / float64(s.model.Layers())
		decode = (decode + float64(c.software.Draft)*draft) * (1 + k.VerifyOverhead)
	}
	out := sim.Price{Seconds: c.software.PhiDecode * decode, Compute: total.compute, Memory: total.memory}
	if w.Prefill > 0 {
		n := c.slowest(float64(w.Prefill) / dp)
		tau := c.marginal(float64(w.Attended) / float64(w.Prefill))
		out.Seconds += c.software.PhiPrefill * n * tau.seconds
		out.Compute += n * tau.compute
		out.Memory += n * tau.memory
	}
	return out
}

// slowest returns the prompt tokens on the rank that has most of them: the imbalance
// over the mean, but never more than a rank takes in a step. Ranks that are all full
// are in balance.
func (c Cost) slowest(mean float64) float64 {
	most := mean
	if c.system.layout.DP > 1 {
		most *= c.system.consts.PrefillImbalance
	}
	if c.software.RankTokens > 0 {
		most = math.Min(most, float64(c.software.RankTokens))
	}
	return math.Max(mean, most)
}

// sum is the time of a step and how long arithmetic and memory would be busy at
// their peaks.
type sum struct{ seconds, compute, memory float64 }

func (t *sum) add(p part, layers int) {
	t.seconds += p.seconds() * float64(layers)
	t.compute += p.compute * float64(layers)
	t.memory += p.memory * float64(layers)
}

// step prices all layers and the head for tokens of seqs sequences on a rank.
func (c Cost) step(tokens, seqs, context float64) sum {
	s := c.system
	var t sum
	for _, a := range s.model.Attention {
		t.add(s.attention(a, tokens, seqs, context, false), a.Layers)
		t.add(s.allReduce(tokens), a.Layers)
	}
	for _, f := range s.model.FFN {
		t.add(s.ffn(f, tokens, s.decodeExperts()), f.Layers)
		t.add(s.exchange(f, tokens), f.Layers)
		if f.Experts == 0 || s.layout.EP == 1 {
			t.add(s.allReduce(tokens), f.Layers)
		}
	}
	extra := s.hw.FloorFactor*s.model.ExtraFloor + s.model.ExtraPerToken*tokens
	head := float64(s.model.Vocab*s.model.Hidden) * 2 / float64(s.layout.TP) / s.hw.HBMBandwidth
	t.seconds += extra*float64(s.model.Layers()) + head/s.consts.EtaWeights + s.consts.HeadFloor
	t.memory += head
	return t
}

// decodeExperts is the imbalance of small batches: weights are read whatever the
// split of tokens, so it is that of the constants only where compute decides.
func (s *System) decodeExperts() float64 {
	if s.layout.EP == 1 {
		return 1
	}
	return s.consts.ExpertImbalance
}

// marginal prices one more prompt token on a rank, at mean context: what grows with
// the tokens when weights are read anyway.
func (c Cost) marginal(context float64) sum {
	s := c.system
	var t sum
	add := func(p part, layers int) {
		t.seconds += (p.linear + p.rest) * float64(layers)
		t.compute += p.compute * float64(layers)
	}
	for _, a := range s.model.Attention {
		add(s.attention(a, 1, 0, context, true), a.Layers)
		add(s.allReduce(1), a.Layers)
	}
	for _, f := range s.model.FFN {
		add(s.ffn(f, 1, s.decodeExperts()), f.Layers)
		add(s.exchange(f, 1), f.Layers)
		if f.Experts == 0 || s.layout.EP == 1 {
			add(s.allReduce(1), f.Layers)
		}
	}
	t.seconds += s.model.ExtraPerToken * float64(s.model.Layers())
	return t
}
