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
func Goodput(population []*plimsoll.Row, t plimsoll.Tier) float64 {
	if len(population) == 0 {
		return math.NaN()
	}
	good := 0
	for _, r := range population {
		if meets(r, t) {
			good++
		}
	}
	return float64(good) / float64(len(population))
}

// Attainment returns the time-weighted share: of all the time that turns of the
// population took, how much belonged to turns that meet both limits. A long bad turn
// weighs more here than in Goodput. NaN where no turn ended.
func Attainment(population []*plimsoll.Row, t plimsoll.Tier) float64 {
	var good, all float64
	for _, r := range population {
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
	v := speedsOf(r).Main
	return ttftOf(r) <= t.TTFT.Seconds() && (math.IsNaN(v) || v >= t.SpeedTPS)
}

// JobsPerHour returns the trajectories finished an hour of window.
func JobsPerHour(o plimsoll.Observed) float64 {
	if o.Window.Seconds() <= 0 {
		return math.NaN()
	}
	return float64(o.Walks) / o.Window.Seconds() * 3600
}

// Shares is where the agents' time in a window went, as parts of N x W. Branches of
// one agent overlap, so that with sub-agents they may add up to more than 1.
type Shares struct {
	Prefill float64 // from asked for to first token: connecting, queueing and prefill
	Decode  float64 // from first token to the end
	Tool    float64 // the rest: tool delays, and slots that stood empty
}

// SharesOf clips every turn's intervals to the window. All NaN without agents or window.
func SharesOf(rows []plimsoll.Row, w plimsoll.Window, agents int) Shares {
	whole := float64(agents) * w.Seconds()
	if whole <= 0 {
		return Shares{math.NaN(), math.NaN(), math.NaN()}
	}
	var prefill, decode float64
	for i := range rows {
		r := &rows[i]
		if r.Sent == plimsoll.Never || r.End == plimsoll.Never {
			continue
		}
		until := r.End
		if r.FirstToken != plimsoll.Never {
			until = r.FirstToken
		}
		prefill += clipped(r.Sent-plimsoll.Instant(r.Connect), until, w)
		decode += clipped(until, r.End, w)
	}
	return Shares{Prefill: prefill / whole, Decode: decode / whole, Tool: math.Max(0, 1-(prefill+decode)/whole)}
}

// clipped returns how much of an interval lies in the window, in s.
func clipped(from, to plimsoll.Instant, w plimsoll.Window) float64 {
	from, to = max(from, w.Start), min(to, w.End)
	return math.Max(0, to.Sub(from).Seconds())
}

// TurnsPerMinutePerAgent returns each slot's turns sent a minute of window, ascending:
// how evenly the agents were served.
func TurnsPerMinutePerAgent(population []*plimsoll.Row, w plimsoll.Window, agents int) []float64 {
	if agents <= 0 || w.Seconds() <= 0 {
		return nil
	}
	out := make([]float64, agents)
	for _, r := range population {
		if int(r.Slot) < agents {
			out[r.Slot] += 60 / w.Seconds()
		}
	}
	slices.Sort(out)
	return out
}

// Job is one agent's pass through a trajectory that lies wholly in the level.
type Job struct {
	Trajectory string
	Slot, Walk int
	Turns      int
	Seconds    float64 // first turn due to last turn ended
}

// Jobs returns the walks that began at their first turn and were followed by the same
// agent's next walk. Long jobs have less room to lie wholly in a level, so that the
// figures lean to short ones unless the level is many jobs long.
func Jobs(rows []plimsoll.Row) []Job {
	ordered := make([]*plimsoll.Row, 0, len(rows))
	for i := range rows {
		if !rows[i].Primer && rows[i].End != plimsoll.Never && !rows[i].Class.Cut() {
			ordered = append(ordered, &rows[i])
		}
	}
	sortByTurn(ordered)
	var out []Job
	for from := 0; from < len(ordered); {
		to := from + 1
		for to < len(ordered) && ordered[to].Slot == ordered[from].Slot && ordered[to].Walk == ordered[from].Walk {
			to++
		}
		followed := to < len(ordered) && ordered[to].Slot == ordered[from].Slot
		if followed && ordered[from].Turn == 0 {
			out = append(out, job(ordered[from:to]))
		}
		from = to
	}
	return out
}

// sortByTurn sorts by slot, walk and turn, by keys beside the pointers as sortBySlot does.
func sortByTurn(rows []*plimsoll.Row) {
	type placed struct {
		slot, walk, turn int32
		row              *plimsoll.Row
	}
	keys := make([]placed, len(rows))
	for i, r := range rows {
		keys[i] = placed{r.Slot, r.Walk, r.Turn, r}
	}
	slices.SortFunc(keys, func(a, b placed) int {
		if a.slot != b.slot {
			return cmp.Compare(a.slot, b.slot)
		}
		if a.walk != b.walk {
			return cmp.Compare(a.walk, b.walk)
		}
		return cmp.Compare(a.turn, b.turn)
	})
	for i, k := range keys {
		rows[i] = k.row
	}
}

func job(walk []*plimsoll.Row) Job {
	first, last := walk[0].Due, walk[0].End
	for _, r := range walk {
		first, last = min(first, r.Due), max(last, r.End)
	}
	return Job{Trajectory: walk[0].Trajectory, Slot: int(walk[0].Slot), Walk: int(walk[0].Walk), Turns: len(walk), Seconds: last.Sub(first).Seconds()}
}
