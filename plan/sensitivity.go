package plan

import (
	"math"
	"time"

	"plimsoll"
)

// Sensitivity is what one input does to the answer, all others held.
type Sensitivity struct {
	Input string  `json:"input"` // PUE
	Low   Variant `json:"low"`
	High  Variant `json:"high"`
	Note  string  `json:"note,omitempty"` // why there is nothing to show
}

// Variant is the answer at one changed input.
type Variant struct {
	Value            string   `json:"value"` // of the input
	Agents           int      `json:"agents_after_redundancy"`
	PowerMW          *float64 `json:"power_mw"`
	WhPerAgentHour   *float64 `json:"wh_per_agent_hour"`
	CostPerAgentHour *float64 `json:"cost_per_agent_hour"`
}

// change is one input at two values.
type change struct {
	input     string
	low, high string
	apply     func(q *Request, s *System, m *Mix, high bool)
}

// sensitivity varies the inputs one at a time. What cannot be varied says why.
func (r Request) sensitivity(s System, mix Mix, base Answer) []Sensitivity {
	out := []Sensitivity{}
	if base.Unit == "none" {
		return out
	}
	changes := append(r.environment(), r.workload(s)...)
	if tiers := tierChange(s, mix); tiers != nil {
		changes = append(changes, *tiers)
	}
	for _, c := range changes {
		row := Sensitivity{Input: c.input}
		for _, high := range []bool{false, true} {
			q, t, m := r, s, append(Mix{}, mix...)
			t.Capacities = append([]Capacity{}, s.Capacities...)
			t.Unit.Power = append([]Figure{}, s.Unit.Power...)
			c.apply(&q, &t, &m, high)
			v, err := q.variant(t, m)
			if err != nil {
				row.Note = "not known for this system: its tool time or the time of a turn is not published"
				break
			}
			if high {
				v.Value = c.high
				row.High = v
			} else {
				v.Value = c.low
				row.Low = v
			}
		}
		if row.Note != "" {
			row.Low, row.High = Variant{Value: c.low}, Variant{Value: c.high}
		}
		out = append(out, row)
	}
	return out
}

func (q Request) variant(s System, m Mix) (Variant, error) {
	a, err := q.answer(s, m)
	if err != nil {
		return Variant{}, err
	}
	v := Variant{Agents: a.AgentsAfterRedundancy, PowerMW: a.PowerMW, CostPerAgentHour: a.CostPerAgentHour}
	if a.Energy != nil && a.Energy.WhPerAgentHour > 0 {
		wh := a.Energy.WhPerAgentHour
		v.WhPerAgentHour = &wh
	}
	return v, nil
}

func pick[T any](high bool, low, up T) T {
	if high {
		return up
	}
	return low
}

// environment holds the changes of building and power.
func (r Request) environment() []change {
	pueLow, pueHigh := math.Max(1, r.PUE-0.1), r.PUE+0.2
	keepLow, keepHigh := Share(math.Max(0, float64(r.Reserve)-0.05)), Share(math.Min(0.9, float64(r.Reserve)+0.05))
	return []change{
		{"PUE", number(pueLow), number(pueHigh), func(q *Request, _ *System, _ *Mix, high bool) { q.PUE = pick(high, pueLow, pueHigh) }},
		{"Reserve", keepLow.String(), keepHigh.String(), func(q *Request, _ *System, _ *Mix, high bool) { q.Reserve = pick(high, keepLow, keepHigh) }},
		{"Provisioned power", "-10%", "+10%", func(_ *Request, s *System, _ *Mix, high bool) {
			for i := range s.Unit.Power {
				s.Unit.Power[i].Watts *= pick(high, 0.9, 1.1)
			}
		}},
		{"Occupancy", "50%", "100%", func(q *Request, _ *System, _ *Mix, high bool) { q.Day = []float64{pick(high, 0.5, 1)} }},
	}
}

// workload holds the changes of what agents do.
func (r Request) workload(s System) []change {
	times := func(s *System, factor float64) time.Duration {
		base := r.ToolTime.Seconds()
		if base == 0 && len(s.Capacities) > 0 {
			base = s.Capacities[0].ToolS
		}
		return time.Duration(math.Max(1, base*factor*1e9))
	}
	shortest, longest := "half", "double"
	if t := times(&s, 1); t > time.Nanosecond {
		shortest, longest = times(&s, 0.5).Round(time.Millisecond).String(), times(&s, 2).Round(time.Millisecond).String()
	}
	changes := []change{
		{"Tool time", shortest, longest, func(q *Request, s *System, _ *Mix, high bool) { q.ToolTime = times(s, pick(high, 0.5, 2)) }},
		{"KV regime", KVMemory, KVEngine, func(q *Request, s *System, _ *Mix, high bool) {
			if q.KV = pick(high, KVMemory, KVEngine); q.ToolTime == 0 {
				q.ToolTime = times(s, 1)
			}
		}},
	}
	for _, c := range s.Capacities {
		if c.High > 0 {
			return append(changes, change{"Measured range", "low", "high", func(_ *Request, s *System, _ *Mix, high bool) {
				for i, c := range s.Capacities {
					if c.High > 0 {
						s.Capacities[i].Agents = pick(high, c.Low, c.High)
						s.Capacities[i].Low, s.Capacities[i].High = 0, 0
						s.Capacities[i].Densities = fixedWatts(c)
					}
				}
			}})
		}
	}
	return changes
}

// fixedWatts keeps the deployment's power where its agents are varied.
func fixedWatts(c Capacity) (out []plimsoll.PerMegawatt) {
	for _, d := range c.Densities {
		d.MeanW = c.watts(d) * float64(c.Accelerators)
		out = append(out, d)
	}
	return out
}

// tierChange moves a plan of one tier to the others that the system has.
func tierChange(s System, mix Mix) *change {
	if len(mix) > 1 || len(s.Capacities) < 2 {
		return nil
	}
	loose, tight := s.Capacities[0].Tier, s.Capacities[0].Tier
	for _, c := range s.Capacities {
		if c.Tier.SpeedTPS < loose.SpeedTPS {
			loose = c.Tier
		}
		if c.Tier.SpeedTPS > tight.SpeedTPS {
			tight = c.Tier
		}
	}
	return &change{"Tier", tight.String(), loose.String(), func(_ *Request, _ *System, m *Mix, high bool) {
		(*m)[0] = Portion{pick(high, tight.String(), loose.String()), 1}
	}}
}
