package sim

import (
	"cmp"
	"fmt"
	"slices"
)

// Estimate is how ReserveEstimate guesses what running requests will still generate, as
// SGLang does (sgl-project/sglang, python/sglang/srt/managers/schedule_policy.py and
// scheduler_components/new_token_ratio_tracker.py). A request is let in where the pool
// has room for its prompt, its output and a block, beside a share of the output that the
// decoding ones may have to go. The share begins at First, falls by (First-Least)/Steps with
// each step that decodes, is what has been generated of what was asked after a retraction,
// and begins anew on an idle rank.
type Estimate struct {
	First, Least float64 // share, 0 < Least <= First <= 1
	Steps        int     // that decode from First to Least, at least 1
	MaxTokens    int     // of output that are counted of one request, at least 1
	// RetractTokens are added to what each has generated for the share after a
	// retraction.
	RetractTokens int
}

func (e Estimate) validate(reserve Reserve, separate bool) error {
	switch {
	case reserve != ReserveEstimate && e != Estimate{}:
		return fmt.Errorf("sim: Estimate is given, but Reserve is %q, not %q", reserve, ReserveEstimate)
	case reserve == ReserveEstimate && !separate:
		return fmt.Errorf("sim: Reserve %q is modelled with Separate steps only", reserve)
	case reserve == ReserveEstimate && !(0 < e.Least && e.Least <= e.First && e.First <= 1 && e.Steps > 0 && e.MaxTokens > 0 && e.RetractTokens >= 0):
		return fmt.Errorf("sim: Estimate is %+v, want 0 < Least <= First <= 1, Steps and MaxTokens of at least 1 and RetractTokens of at least 0", e)
	}
	return nil
}

// ahead returns the tokens of output that the estimate counts of a sequence.
func (e *Estimate) ahead(s *sequence, output int) int {
	return min(s.MaxOutput-output, e.MaxTokens)
}

// promise counts what the running sequences are to take of the pool beside what they
// have. Those that still have a prompt to compute count in full, as in the step that lets
// them in. Blocks that decoding ones have for a jump are given back, so that the same
// holds whatever steps were taken at once.
func (r *rank) promise() {
	r.promised = 0
	tokens := r.engine.tokensOf(1)
	for _, s := range r.prefilling {
		r.promised += float64(r.engine.cfg.Estimate.ahead(s, s.output))
	}
	for _, k := range r.decoding.ends {
		s := k.of
		output := r.decoding.outputOf(s)
		r.promised += r.share * float64(r.engine.cfg.Estimate.ahead(s, output))
		spare := max(0, s.shared+s.reserved-r.blocksOf(s, tokens))
		s.reserved -= spare
		r.pool.private -= spare
		r.pool.free += spare
	}
}

// hasRoom reports whether a request of which so many blocks of prompt are not cached fits
// in with what is promised, where so many blocks are to be had.
func (r *rank) hasRoom(s *sequence, need, room int) bool {
	if r.running() == 0 {
		return true // it fits alone
	}
	cfg := &r.engine.cfg
	tokens := (need+1)*cfg.BlockTokens + cfg.Estimate.ahead(s, s.output)
	return float64(tokens)+r.promised < float64(room*cfg.BlockTokens)
}

// retract takes sequences out of the batch until each of the others can decode another
// step. The prompt of one that is taken out stays in the cache until it is evicted, what it
// has generated is computed again, and it waits behind all others.
func (r *rank) retract() {
	tokens := r.engine.tokensOf(1)
	if r.fresh = !r.canExtend(tokens); r.fresh {
		for !r.canExtend(tokens) {
			r.waiting.push(r.preempt(r.retracted()))
		}
		r.share, r.blocked = r.generated(), BlockedByPool
	}
	r.extend(tokens)
}

// retracted takes the decoding sequence that has generated least out, of equal ones that
// with the longest prompt; with speculation, whose batches only lose their end, and where
// a single one decodes, the one admitted last.
func (r *rank) retracted() *sequence {
	if r.decoding.accepted > 1 || len(r.decoding.ends) < 2 {
		return r.evicted()
	}
	least := slices.MinFunc(r.decoding.ends, func(x, y keyed[*sequence]) int {
		a, b := x.of, y.of
		return cmp.Or(cmp.Compare(r.decoding.outputOf(a), r.decoding.outputOf(b)), cmp.Compare(b.Tokens, a.Tokens), cmp.Compare(b.order, a.order))
	}).of
	r.decoding.leave(least)
	r.engine.count(least)
	return least
}

// generated returns the share that the decoding sequences have generated of their output.
func (r *rank) generated() float64 {
	got, asked := 0, 1
	for _, k := range r.decoding.ends {
		s := k.of
		got += r.decoding.outputOf(s) + r.engine.cfg.Estimate.RetractTokens
		asked += s.MaxOutput
	}
	return min(1, float64(got)/float64(asked))
}

// decoded lets the share fall with steps that decoded; a step that began with a
// retraction is not one of them.
func (r *rank) decoded(steps int) {
	e := r.engine.cfg.Estimate
	if r.fresh {
		steps--
	}
	if e.Steps > 0 {
		r.share = max(e.Least, r.share-float64(steps)*(e.First-e.Least)/float64(e.Steps))
	}
}
