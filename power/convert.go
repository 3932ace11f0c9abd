package power

import (
	"fmt"
	"strconv"

	"plimsoll"
)

// Conversion carries a figure outwards by a stated factor.
type Conversion struct {
	To     plimsoll.Boundary
	Factor float64 // outer power over inner power, at least 1
	Why    string  // what the factor stands for, for example "PUE 1.2"
}

// PUE is the conversion from IT power at the wall to the facility. PUE is facility
// energy over IT energy.
func PUE(pue float64) Conversion {
	return Conversion{To: plimsoll.BoundaryFacility, Factor: pue, Why: "PUE " + strconv.FormatFloat(pue, 'g', -1, 64)}
}

// Convert returns the figure that e implies at a wider boundary. The result is
// estimated and says so: in its basis, in its source, and by the reason converted;
// its grade is at most G1, since its weakest part is a stated factor. Chip power
// must not be made facility power by PUE alone, so only what is metered at the
// wall or further out converts to the facility.
func Convert(e plimsoll.Energy, c Conversion) (plimsoll.Energy, error) {
	fail := func(format string, args ...any) (plimsoll.Energy, error) {
		return plimsoll.Energy{}, &Error{Spec: string(e.Boundary) + " to " + string(c.To), Problem: fmt.Sprintf(format, args...),
			Hint: "convert step by step with stated factors: accelerator to node_ac, then node_ac to facility by its PUE"}
	}
	switch {
	case !e.Valid:
		return fail("the figure is invalid: %v", e.Reasons)
	case !c.To.Known() || e.Boundary == c.To || !e.Boundary.Within(c.To):
		return fail("%s does not contain %s", c.To, e.Boundary)
	case !(c.Factor >= 1 && c.Factor <= 10):
		return fail("factor %g must lie between 1 and 10", c.Factor)
	case c.Why == "":
		return fail("the factor's meaning is not stated")
	case c.To == plimsoll.BoundaryFacility && !plimsoll.BoundaryNodeAC.Within(e.Boundary):
		return fail("%s power leaves out what PUE is counted on", e.Boundary)
	}
	out := e
	out.Boundary, out.Source, out.Method = c.To, e.Source+" x "+c.Why, "converted"
	// A stated, provisioned or simulated figure stays what it is: no factor makes it better.
	if e.Basis == plimsoll.Measured {
		out.Basis = plimsoll.Estimated
	}
	if e.Grade > plimsoll.G1 {
		out.Grade = plimsoll.G1
	}
	for _, v := range []*float64{&out.Joules, &out.MeanWatts, &out.UncertaintyW, &out.MinWatts, &out.P95Watts, &out.MaxWatts} {
		*v *= c.Factor
	}
	out.Reasons = append(append([]string{}, e.Reasons...), ReasonConverted)
	return out, nil
}

// Intensity is energy for each unit of work, with what the figure rests on.
type Intensity struct {
	WhPerAgentHour float64           `json:"wh_per_agent_hour"`
	JPerTurn       float64           `json:"j_per_turn"`           // 0 without turns
	JPerMTokens    float64           `json:"j_per_million_output"` // 0 without tokens
	Boundary       plimsoll.Boundary `json:"boundary"`
	Basis          plimsoll.Basis    `json:"basis"`
	Source         string            `json:"source"`
	Grade          plimsoll.Grade    `json:"grade"`
	WindowS        float64           `json:"window_s"`
	// RelativeUncertainty is that of the energy (k = 2); 0 not stated.
	RelativeUncertainty float64 `json:"relative_uncertainty"`
}

// NewIntensity divides the energy of a window by the agents held, the turns and the
// output tokens in it. Energy is the total, never the part above idle.
func NewIntensity(e plimsoll.Energy, agents, turns, outputTokens int) (Intensity, error) {
	if !e.Valid || !(e.MeanWatts > 0) || agents < 1 {
		return Intensity{}, &Error{Spec: string(e.Boundary), Problem: fmt.Sprintf("no energy per work from %d agents and %v", agents, e.Reasons), Hint: "a valid figure and at least one agent are needed"}
	}
	i := Intensity{WhPerAgentHour: e.MeanWatts / float64(agents), Boundary: e.Boundary, Basis: e.Basis, Source: e.Source, Grade: e.Grade,
		WindowS: e.WindowS, RelativeUncertainty: e.UncertaintyW / e.MeanWatts}
	if turns > 0 {
		i.JPerTurn = e.Joules / float64(turns)
	}
	if outputTokens > 0 {
		i.JPerMTokens = e.Joules / float64(outputTokens) * 1e6
	}
	return i, nil
}
