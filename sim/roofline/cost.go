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

// Price returns what the step costs, given the work of each attention rank; ranks that
// are left out are idle.
func (c Cost) Price(ranks []sim.Work) sim.Price {
	all, mean := c.together(ranks)
	if len(ranks) == 1 && c.system.layout.DP == 1 {
		return c.price(mean, all)
	}
	out := c.price(c.slowest(ranks), all)
	busy := c.price(mean, all)
	out.Compute, out.Memory = busy.Compute, busy.Memory
	return out
}

// load is what a rank has in a step: sequences that decode and prompt tokens, each with
// the mean tokens that it attends to. One without sequences runs an empty one along.
type load struct{ seqs, context, prompt, attended float64 }

func loadOf(w sim.Work) load {
	l := load{seqs: math.Max(1, float64(w.Seqs)), prompt: float64(w.Prefill)}
	if w.Seqs > 0 {
		l.context = float64(w.Context) / float64(w.Seqs)
	}
	if w.Prefill > 0 {
		l.attended = float64(w.Attended) / float64(w.Prefill)
	}
	return l
}

// batch is what all ranks have in a step: the mean of sequences and of prompt tokens,
// and those of the rank that has most of them.
type batch struct{ seqs, prompt, mostSeqs, mostPrompt float64 }

// together returns the batch of all ranks and the load of one in the middle.
func (c Cost) together(ranks []sim.Work) (all batch, mean load) {
	var sum sim.Work
	dp := float64(c.system.layout.DP)
	seqs := dp - float64(len(ranks)) // of idle ranks
	for _, w := range ranks {
		n := math.Max(1, float64(w.Seqs))
		seqs += n
		sum.Seqs += w.Seqs
		sum.Context += w.Context
		sum.Prefill += w.Prefill
		sum.Attended += w.Attended
		all.mostSeqs, all.mostPrompt = math.Max(all.mostSeqs, n), math.Max(all.mostPrompt, float64(w.Prefill))
	}
	mean = loadOf(sum)
	mean.seqs, mean.prompt = seqs/dp, mean.prompt/dp
	all.seqs, all.prompt = mean.seqs, mean.prompt
	return all, mean
}

// slowest returns the load of the rank whose own part of the step takes longest. One
// that has no more of anything than another takes no longer.
func (c Cost) slowest(ranks []sim.Work) load {
	slowest, longest := ranks[0], c.own(loadOf(ranks[0]))
	for _, w := range ranks[1:] {
		if w.Seqs <= slowest.Seqs && w.Context <= slowest.Context && w.Prefill <= slowest.Prefill && w.Attended <= slowest.Attended {
			continue
		}
		if t := c.own(loadOf(w)); t > longest {
			slowest, longest = w, t
		}
	}
	return loadOf(slowest)
}

// own is what ranks differ in: the attention of a step, s, without draft passes.
func (c Cost) own(l load) float64 {
	s := c.system
	tokens := l.seqs * float64(1+c.software.Draft)
	decode, prompt := 0.0, 0.0
	for i := range s.model.Attention {
		a := &s.model.Attention[i]
		decode += s.attention(a, tokens, l.seqs, l.context, false).seconds() * float64(a.Layers)
		if l.prompt > 0 {
			p := s.attention(a, 1, 0, l.attended, true)
			prompt += (p.linear + p.rest) * float64(a.Layers)
		}
	}
	extra := s.model.ExtraPerToken * float64(s.model.Layers())
	if c.software.Draft > 0 {
		decode *= 1 + s.consts.VerifyOverhead
	}
	return c.software.PhiDecode*(decode+extra*tokens) + c.software.PhiPrefill*l.prompt*(prompt+extra)
}

// price prices the step as the rank with this load sees it.
func (c Cost) price(l load, all batch) sim.Price {
	k := c.system.consts
	verified := float64(1 + c.software.Draft)
	total := c.step(l, all, verified)
	decode := total.seconds
	if c.software.Draft > 0 {
		draft := c.step(l, all, 1).seconds * k.DraftLayers / float64(c.system.model.Layers())
		decode = (decode + float64(c.software.Draft)*draft) * (1 + k.VerifyOverhead)
	}
	out := sim.Price{Seconds: c.software.PhiDecode * decode, Compute: total.compute, Memory: total.memory}
	if all.prompt > 0 {
		tau := c.marginal(l, all)
		out.Seconds += c.software.PhiPrefill * all.prompt * tau.seconds
		out.Compute += all.prompt * tau.compute
		out.Memory += all.prompt * tau.memory
	}
	return out
}

// sum is the time of a step and how long arithmetic and memory would be busy at
// their peaks.
type sum struct{ seconds, compute, memory float64 }

func (t *sum) add(p part, layers int) {
	t.seconds += p.seconds() * float64(layers)
	t.compute += p.compute * float64(layers)
	t.memory += p.memory * float64(layers)
}

// step prices all layers and the head for the sequences that decode, of each so many
// tokens: attention for the rank's own, experts for those of all ranks, their exchange
// for those of the rank that has most.
func (c Cost) step(l load, all batch, each float64) sum {
	s := c.system
	tokens, global, most := l.seqs*each, all.seqs*each*float64(s.layout.DP), all.mostSeqs*each
	var t sum
	for i := range s.model.Attention {
		a := &s.model.Attention[i]
		t.add(s.attention(a, tokens, l.seqs, l.context, false), a.Layers)
		t.add(s.allReduce(tokens), a.Layers)
	}
	for i := range s.model.FFN {
		f := &s.model.FFN[i]
		t.add(s.ffn(f, tokens, global, most, s.decodeExperts()), f.Layers)
		t.add(s.exchange(f, most), f.Layers)
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

// marginal prices one more prompt token on every rank in the mean, which is what grows
// with the tokens when weights are read anyway: for each of these the rank has own.
func (c Cost) marginal(l load, all batch) sum {
	s := c.system
	own, most := l.prompt/all.prompt, all.mostPrompt/all.prompt
	var t sum
	add := func(p part, layers int, times float64) {
		t.seconds += (p.linear + p.rest) * float64(layers) * times
		t.compute += p.compute * float64(layers) * times
	}
	for i := range s.model.Attention {
		a := &s.model.Attention[i]
		add(s.attention(a, 1, 0, l.attended, true), a.Layers, own)
		add(s.allReduce(1), a.Layers, own)
	}
	for i := range s.model.FFN {
		f := &s.model.FFN[i]
		alone := f.Experts == 0 || s.layout.EP == 1 // not shared with the other ranks
		times := 1.0
		if alone {
			times = own
		}
		add(s.ffn(f, 1, float64(s.layout.DP), most, s.decodeExperts()), f.Layers, times)
		add(s.exchange(f, most), f.Layers, 1)
		if alone {
			add(s.allReduce(1), f.Layers, own)
		}
	}
	t.seconds += s.model.ExtraPerToken * float64(s.model.Layers()) * own
	return t
}
