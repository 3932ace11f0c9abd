package plan

import (
	"fmt"
	"math"
	"strconv"

	"plimsoll"
)

// Step is one conversion of power from a boundary to another.
type Step struct {
	From   string  `json:"from"`
	To     string  `json:"to"`
	Factor float64 `json:"factor"`
	Why    string  `json:"why"`
}

// packing says how many units a budget holds.
type packing struct {
	figure Figure
	unitW  float64 // provisioned for one unit at the figure's boundary, after diversity
	scale  float64 // watts of the budget for one watt at the figure's boundary
	steps  []Step
}

// pack chooses the unit's figure for the budget's level and the way from one to the
// other. A figure of a wider boundary than the budget's is used as it is: it holds
// more, so that this never favours the buyer. A narrower one is never used.
func (r Request) pack(s System) (packing, error) {
	p := packing{scale: 1}
	ok := false
	switch {
	case r.At == LevelAccelerator:
		p.figure, ok = s.Unit.at(plimsoll.BoundaryAccelerator)
	default:
		if p.figure, ok = s.Unit.figure(plimsoll.BoundaryRackNetwork); ok && !plimsoll.BoundaryNodeAC.Within(p.figure.Boundary) {
			ok = false
		}
		if !ok {
			p.figure, ok = s.Unit.at(plimsoll.BoundaryFacility)
		}
	}
	if !ok {
		return packing{}, fmt.Errorf("plan: %s: no provisioned power of a unit to set against a budget at %s: give unit_power=, for example unit_power=10.2kW@node_ac", s.Name, r.At)
	}
	whole := p.figure.Boundary == plimsoll.BoundaryFacility
	if r.At == LevelFacility && !whole {
		p.scale *= r.PUE
		p.steps = append(p.steps, Step{"facility", "it", 1 / r.PUE, "PUE " + number(r.PUE)})
	}
	if (r.At == LevelFacility || r.At == LevelIT) && !whole {
		p.scale /= 1 - float64(r.Reserve)
		p.steps = append(p.steps, Step{"it", "rack", 1 - float64(r.Reserve), r.Reserve.String() + " of IT power kept for network, storage and management"})
	}
	p.unitW = p.figure.Watts * float64(s.Unit.Accelerators)
	if r.Diversity > 1 {
		p.unitW /= r.Diversity
	}
	return p, nil
}

// units is how many whole units fit into a budget.
func (p packing) units(budget plimsoll.Watts) int {
	return floor(float64(budget) / (p.unitW * p.scale))
}

// floor rounds down, forgiving the last bits of a quotient that is whole.
func floor(v float64) int { return int(math.Floor(v * (1 + 1e-12))) }

// ceil rounds up, forgiving the last bits alike.
func ceil(v float64) int { return int(math.Ceil(v * (1 - 1e-12))) }

// unitsPerRack is how many units share a rack; 0 unknown.
func (r Request) unitsPerRack(s System) int {
	if s.Unit.Name == "rack" {
		return 1
	}
	f, ok := s.Unit.figure(plimsoll.BoundaryRackNetwork)
	if !ok || !plimsoll.BoundaryNodeAC.Within(f.Boundary) {
		f, ok = s.Unit.at(plimsoll.BoundaryFacility)
	}
	if !ok || r.RackPower == 0 {
		return 0
	}
	return floor(float64(r.RackPower) / (f.Watts * float64(s.Unit.Accelerators)))
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

// short writes a figure for a sentence, to four digits.
func short(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }
