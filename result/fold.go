package result

import (
	"fmt"
	"time"

	"plimsoll"
	"plimsoll/bundle"
	"plimsoll/power"
	"plimsoll/search"
	"plimsoll/slo"
)

// Fold is what the sealed levels of a folder came to so far. It reads every level once,
// so that a run can decide from it after each level and conclude from it at the end.
type Fold struct {
	dir    *bundle.Dir
	facts  plimsoll.Facts
	method *search.Search
	rules  slo.Rules
	since  time.Time // epoch of the first level
	levels []Level   // warm-ups included
	past   []plimsoll.Past
}

// Folded reads a folder and all its sealed levels.
func Folded(d *bundle.Dir) (*Fold, error) {
	method, rules, err := Method(d.Facts())
	if err != nil {
		return nil, fmt.Errorf("compute %s: %w", d.Path(), err)
	}
	f := &Fold{dir: d, facts: d.Facts(), method: method, rules: rules}
	_, err = f.Read(nil)
	return f, err
}

// Read folds in the levels that were sealed since the last Read. It reads each level's
// rows into the memory of buffer, whatever that held, and returns it, grown, to be used
// again.
func (f *Fold) Read(buffer []plimsoll.Row) ([]plimsoll.Row, error) {
	sealed, err := f.dir.Levels()
	if err != nil {
		return buffer, err
	}
	for _, l := range sealed[min(len(f.levels), len(sealed)):] {
		if buffer, err = rowsOf(l, buffer[:0]); err != nil {
			return buffer, err
		}
		if err := f.add(l, buffer); err != nil {
			return buffer, err
		}
	}
	return buffer, nil
}

func (f *Fold) add(l bundle.Sealed, rows []plimsoll.Row) error {
	samples, err := samplesOf(l)
	if err != nil {
		return err
	}
	p := judge(f.facts, f.rules, l, rows)
	level := levelOf(l, p, rows, f.rules, f.facts.Accelerators)
	if len(f.levels) == 0 {
		f.since = l.Observed.Epoch
	}
	level.StartS = seconds(level.Epoch, f.since)
	level.Energy = finite(power.Energies(f.facts.Power, samples, l.Observed.Window, f.facts.Accelerators))
	level.Intensity = intensities(level)
	if level.EngineLoad, err = engineLoadOf(l); err != nil {
		return err
	}
	f.levels = append(f.levels, level)
	if !l.Stage.Warmup {
		f.past = append(f.past, p)
	}
	return nil
}

// Past returns the levels as the search sees them, warm-ups left out.
func (f *Fold) Past() []plimsoll.Past { return f.past }

// Result makes every number of the run as far as it was read.
func (f *Fold) Result() Result {
	r := begin(f.facts)
	r.Levels = append(r.Levels, f.levels...)
	_, answer := f.method.Next(f.past)
	if answer == nil {
		r.Partial = true
		answer = f.method.Stopped(f.past, "the run ended before the search did")
	}
	r.Ended = answer.Reason
	for _, p := range f.past {
		r.Spent = r.Spent.Plus(p.Spent)
	}
	r.Cost = f.facts.Limits.Prices.Cost(r.Spent)
	for _, a := range answer.Tiers {
		r.Tiers = append(r.Tiers, tierOf(a, f.past, r.Levels, f.facts))
	}
	r.Generator = generatorOf(f.facts.Generator, f.past)
	r.summarise(f.facts)
	return r
}
