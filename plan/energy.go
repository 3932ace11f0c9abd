package plan

import (
	"fmt"
	"math"

	"plimsoll"
	"plimsoll/power"
)

// meanFacility is the mean power of one loaded accelerator as the facility's meter
// sees it, and how it is known. What is measured inside is carried outwards step by
// step; without a measurement the provisioned power stands in for it.
func (r Request) meanFacility(s System, c Capacity) (plimsoll.Energy, []Step, error) {
	best := plimsoll.PerMegawatt{}
	for _, d := range c.Densities {
		if c.watts(d) > 0 && (best.Value == 0 || best.Boundary.Within(d.Boundary)) && usable(s, d.Boundary) {
			best = d
		}
	}
	if best.Value == 0 {
		return r.provisionedMean(s)
	}
	e := plimsoll.Energy{Boundary: best.Boundary, Basis: best.Basis, Source: best.Source, Grade: best.Grade,
		MeanWatts: c.watts(best), Valid: true}
	if best.Value > 0 {
		e.UncertaintyW = e.MeanWatts * best.Uncertainty / best.Value
	}
	var steps []Step
	for e.Boundary != plimsoll.BoundaryFacility {
		conversion := power.PUE(r.PUE)
		switch {
		case e.Boundary == plimsoll.BoundaryAccelerator:
			conversion = overhead(s, e.MeanWatts)
		case e.Boundary == plimsoll.BoundaryRackNetwork && allIn(s):
			conversion = power.Conversion{To: plimsoll.BoundaryFacility, Factor: 1, Why: "the all-in constant holds cooling and losses already"}
		}
		next, err := power.Convert(e, conversion)
		if err != nil {
			return plimsoll.Energy{}, nil, fmt.Errorf("plan: %s: %w", s.Name, err)
		}
		steps = append(steps, Step{string(e.Boundary), string(next.Boundary), conversion.Factor, conversion.Why})
		e = next
	}
	e.Source = best.Source // the steps stand beside it
	return e, steps, nil
}

// usable reports whether power at a boundary can be carried to the facility.
func usable(s System, b plimsoll.Boundary) bool {
	if plimsoll.BoundaryNodeAC.Within(b) {
		return true
	}
	return b == plimsoll.BoundaryAccelerator && overhead(s, 1).Factor > 1
}

// overhead is the way from accelerator power to a unit's: what is provisioned for
// hosts, switches, fans and losses is counted in full whatever the accelerators
// draw, which never understates it.
func overhead(s System, watts float64) power.Conversion {
	rated, ok := s.Unit.at(plimsoll.BoundaryAccelerator)
	outer, known := s.Unit.figure(plimsoll.BoundaryRackNetwork)
	if known = known && plimsoll.BoundaryNodeAC.Within(outer.Boundary); !known {
		outer, known = s.Unit.at(plimsoll.BoundaryFacility)
	}
	if !ok || !known || outer.Watts <= rated.Watts {
		return power.Conversion{}
	}
	rest := outer.Watts - rated.Watts
	c := power.Conversion{To: outer.Boundary, Factor: (watts + rest) / watts,
		Why: fmt.Sprintf("%s W an accelerator for hosts, switches, fans and losses: provisioned %s W at %s less rated %s W", number(rest), number(outer.Watts), outer.Boundary, number(rated.Watts))}
	if outer.Boundary == plimsoll.BoundaryFacility {
		c.To = plimsoll.BoundaryRackNetwork // then to the facility at a factor of 1
	}
	return c
}

// allIn reports whether the unit's only outer figure is one of the whole facility.
func allIn(s System) bool {
	f, ok := s.Unit.figure(plimsoll.BoundaryRackNetwork)
	return !ok || !plimsoll.BoundaryNodeAC.Within(f.Boundary)
}

// provisionedMean stands in where no mean power can be had: an upper bound.
func (r Request) provisionedMean(s System) (plimsoll.Energy, []Step, error) {
	f, ok := s.Unit.figure(plimsoll.BoundaryFacility)
	if !ok || !plimsoll.BoundaryNodeAC.Within(f.Boundary) {
		return plimsoll.Energy{}, nil, nil
	}
	if inner, ok := s.Unit.figure(plimsoll.BoundaryRackNetwork); ok && plimsoll.BoundaryNodeAC.Within(inner.Boundary) {
		f = inner
	}
	e := plimsoll.Energy{Boundary: plimsoll.BoundaryFacility, Basis: plimsoll.Provisioned, Source: f.Source, Grade: plimsoll.G0, MeanWatts: f.Watts, Valid: true}
	if f.Boundary == plimsoll.BoundaryFacility {
		return e, nil, nil
	}
	e.MeanWatts *= r.PUE
	return e, []Step{{string(f.Boundary), "facility", r.PUE, "PUE " + number(r.PUE)}}, nil
}

// overdrawn refuses a plan whose units draw more on average than the budget holds,
// which only oversubscription can bring about.
func (r Request) overdrawn(s System, pools []pool, a Answer) error {
	if r.Power == 0 || r.Diversity <= 1 {
		return nil
	}
	draw := 0.0 // W at the budget's boundary, all units loaded
	if a.Energy != nil {
		draw = a.Energy.PeakMW * 1e6
		if r.At != LevelFacility {
			draw /= r.PUE
		}
	}
	if r.At == LevelAccelerator {
		draw = 0
		for _, p := range pools {
			for _, d := range p.capacity.Densities {
				if d.Boundary == plimsoll.BoundaryAccelerator {
					draw = math.Max(draw, p.capacity.watts(d)*float64(a.Accelerators))
				}
			}
		}
	}
	if draw > float64(r.Power) {
		return fmt.Errorf("plan: %s: a diversity factor of %g packs %d %s, whose mean power of %s MW is above the budget of %s MW: give a smaller one", s.Name, r.Diversity, a.Units, plural(a.Units, s.Unit.Name), number(draw/1e6), number(float64(r.Power)/1e6))
	}
	return nil
}

// energy counts what the plan draws, by mean power.
func (r Request) energy(a *Answer, s System, pools []pool) error {
	var watts, units float64
	var e plimsoll.Energy
	for i, p := range pools {
		mean, steps, err := r.meanFacility(s, p.capacity)
		if err != nil {
			return err
		}
		if !mean.Valid || mean.MeanWatts == 0 {
			return nil
		}
		weight := float64(max(1, a.ByTier[i].Units+a.ByTier[i].Spares))
		watts, units = watts+weight*mean.MeanWatts, units+weight
		if i == 0 || mean.Grade < e.Grade {
			e = mean
		}
		for _, step := range steps {
			if !containsStep(a.Conversions, step) {
				a.Conversions = append(a.Conversions, step)
			}
		}
	}
	share := occupancy(r.Day)
	loaded := watts / units * float64(a.Accelerators) / 1e6
	mean := loaded * (float64(r.Idle) + (1-float64(r.Idle))*share)
	out := &Energy{MeanMW: mean, PeakMW: loaded, MWhPerDay: 24 * mean, Boundary: e.Boundary, Basis: e.Basis, Grade: e.Grade, Source: e.Source}
	if e.MeanWatts > 0 {
		out.Uncertainty = e.UncertaintyW / e.MeanWatts
	}
	if carried := r.carried(a) * share; carried > 0 {
		out.WhPerAgentHour = mean * 1e6 / carried
	}
	a.Energy = out
	return nil
}

func containsStep(steps []Step, s Step) bool {
	for _, other := range steps {
		if other == s {
			return true
		}
	}
	return false
}
