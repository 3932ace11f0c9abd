package measure

import (
	"cmp"
	"math"
	"slices"

	"plimsoll"
)

// The views are reported beside a verdict, never decided on.

// Goodput returns the share of the population's turns that meet both limits of a
// tier. A turn without a speed (fewer than two tokens) is held to its TTFT alone; an
// open turn counts as missing unless it had ended well. NaN for no turns.
func Goodput(rows []plimsoll.Row, w plimsoll.Window, t plimsoll.Tier) float64 {
	turns := population(rows, w)
	if len(turns) == 0 {
		return math.NaN()
	}
	good := 0
	for _, r := range turns {
		if meets(r, t) {
			good++
		}
	}
	return float64(good) / float64(len(turns))
}

// Attainment returns the time-weighted share: of all the time that turns of the
// population took, how much belonged to turns that meet both limits. A long bad turn
// weighs more here than in Goodput. NaN where no turn ended.
func Attainment(rows []plimsoll.Row, w plimsoll.Window, t plimsoll.Tier) float64 {
	var good, all float64
	for _, r := range population(rows, w) {
		if r.Sent == plimsoll.Never || r.End == plimsoll.Never {
			continue
		}
		took := r.End.Sub(r.Sent).Seconds()
		all += took
		if meets(r, t) {
			good += took
		}
	}
	if all == 0 {
		return math.NaN()
	}
	return good / all
}

func meets(r *plimsoll.Row, t plimsoll.Tier) bool {
	if r.Class != plimsoll.ClassOK {
		return false
	}
	v := SpeedOf(r).Main
	return TTFT(r) <= t.TTFT.Seconds() && (math.IsNaN(v) || v >= t.SpeedTPS)
}

// JobsPerHour returns the trajectories finished an hour of window.
func JobsPerHour(o plimsoll.Observed) float64 {
	if o.Window.Seconds() <= 0 {
		return math.NaN()
	}
	return float64(o.Walks) / o.Window.Seconds() * 3600
}

// TurnsPerMinute returns the turns sent a minute of window.
func TurnsPerMinute(e plimsoll.Evidence) float64 {
	if e.Window.Seconds() <= 0 {
		return math.NaN()
	}
	return float64(e.Turns) / e.Window.Seconds() * 60
}

// Job is one pass of an agent through a trajectory that lies wholly in the rows.
type Job struct {
	Trajectory string
	Slot, Walk int
	Turns      int
	Seconds    float64 // first turn due to last turn ended
	Tool       float64 // share of that in tool delay
	Prefill    float64 // share waiting for a first token
	Decode     float64 // share streaming
}

// Jobs returns the walks whose first turn is turn 0 and whose last is turns(id) - 1,
// and where its time went: with one agent, the time that a job takes alone. Branches
// overlap, so that shares of a walk with sub-agents may add up to more than 1.
func Jobs(rows []plimsoll.Row, turns func(trajectory string) int) []Job {
	ordered := make([]*plimsoll.Row, 0, len(rows))
	for i := range rows {
		if !rows[i].Primer && rows[i].End != plimsoll.Never && !rows[i].Class.Cut() {
			ordered = append(ordered, &rows[i])
		}
	}
	slices.SortFunc(ordered, func(a, b *plimsoll.Row) int {
		return cmp.Or(cmp.Compare(a.Slot, b.Slot), cmp.Compare(a.Walk, b.Walk), cmp.Compare(a.Turn, b.Turn))
	})
	var out []Job
	for from := 0; from < len(ordered); {
		to := from + 1
		for to < len(ordered) && ordered[to].Slot == ordered[from].Slot && ordered[to].Walk == ordered[from].Walk {
			to++
		}
		if walk := ordered[from:to]; len(walk) == turns(walk[0].Trajectory) {
			out = append(out, job(walk))
		}
		from = to
	}
	return out
}

func job(walk []*plimsoll.Row) Job {
	first, last := walk[0].Due, walk[0].End
	var prefill, decode float64
	for _, r := range walk {
		first, last = min(first, r.Due), max(last, r.End)
		if r.Sent == plimsoll.Never {
			continue
		}
		until := r.End
		if r.FirstToken != plimsoll.Never {
			until = r.FirstToken
		}
		prefill += until.Sub(r.Sent).Seconds()
		decode += r.End.Sub(until).Seconds()
	}
	out := Job{Trajectory: walk[0].Trajectory, Slot: int(walk[0].Slot), Walk: int(walk[0].Walk), Turns: len(walk), Seconds: last.Sub(first).Seconds()}
	if out.Seconds > 0 {
		out.Prefill, out.Decode = prefill/out.Seconds, decode/out.Seconds
		out.Tool = math.Max(0, 1-out.Prefill-out.Decode)
	}
	return out
}
