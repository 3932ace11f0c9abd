package run

import (
	"slices"
	"sync"

	"plimsoll"
	"plimsoll/measure"
)

// recorder passes a level's rows on to its folder and keeps them, where somebody looks,
// for Enough and for the eye. The folder's level stays the truth.
type recorder struct {
	stage plimsoll.Stage
	into  plimsoll.Sink
	keeps bool

	mu     sync.Mutex
	rows   []plimsoll.Row
	tokens int64
	looked int // rows at the last look that Enough had
}

// worthALook reports whether a twentieth more rows came since the last look, so
// that looking costs a level a multiple of its rows and not their square.
func (r *recorder) worthALook() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.rows) < r.looked+r.looked/20+1 {
		return false
	}
	r.looked = len(r.rows)
	return true
}

// Row implements plimsoll.Sink.
func (r *recorder) Row(row plimsoll.Row) error {
	if !r.keeps {
		return r.into.Row(row)
	}
	r.mu.Lock()
	r.rows = append(r.rows, row)
	if n, _ := row.Tokens(); n > 0 {
		r.tokens += int64(n)
	}
	r.mu.Unlock()
	return r.into.Row(row)
}

// release gives the rows' memory up once the level is over: they are read back from its
// folder, and a large level is not held twice.
func (r *recorder) release() []plimsoll.Row {
	r.mu.Lock()
	defer r.mu.Unlock()
	rows := r.rows
	r.rows = nil
	return rows
}

// Sample implements plimsoll.Sink.
func (r *recorder) Sample(s plimsoll.Sample) error { return r.into.Sample(s) }

// evidence is what the rows ended by at, and the turns in flight then, say of the
// level, whose window has opened. inFlight was taken before the rows are, so that no turn is missed.
func (r *recorder) evidence(opened, at plimsoll.Instant, set plimsoll.SetFacts, inFlight []plimsoll.Row) plimsoll.Evidence {
	r.mu.Lock()
	rows := r.rows[:len(r.rows):len(r.rows)]
	r.mu.Unlock()
	return measure.Evidence(measure.Input{
		Stage: r.stage, Rows: rows, InFlight: inFlight, Set: set, Now: at, Head: -1,
		Observed: plimsoll.Observed{Window: plimsoll.Window{Start: opened, End: plimsoll.Never}},
	})
}

// figures fills in what the window holds so far.
func (r *recorder) figures(p *plimsoll.Progress) {
	if p.OpenedS == nil {
		return
	}
	e := r.evidence(plimsoll.Instant(*p.OpenedS*1e9), plimsoll.Instant(p.AtS*1e9), plimsoll.SetFacts{}, nil)
	p.Turns = e.Turns
	slices.Sort(e.Speed)
	slices.Sort(e.TTFT)
	if speed := measure.Percentile(e.Speed, 0.25); len(e.Speed) > 0 {
		p.SpeedTPS = &speed
	}
	if ttft := measure.Percentile(e.TTFT, 0.95); len(e.TTFT) > 0 && ttft < 1e9 {
		p.TTFTs = &ttft
	}
}

// produced returns the output tokens of the turns that have ended.
func (r *recorder) produced() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tokens
}
