package plan

import (
	"fmt"
	"strconv"
)

// hoursPerMonth is a twelfth of 365 days.
const hoursPerMonth = 730

// Price is what accelerators cost: rented by the hour, power and hosting included;
// or bought, with electricity apart. In one currency, which is not named.
type Price struct {
	GPUHour float64 // rent of one accelerator for an hour
	Capex   float64 // purchase for one accelerator: its share of node, network, building
	KWh     float64 // electricity
	Years   float64 // of straight-line depreciation
}

func (p Price) validate() error {
	for _, field := range []struct {
		name  string
		value float64
	}{{"gpu-hour", p.GPUHour}, {"capex", p.Capex}, {"kwh", p.KWh}, {"years", p.Years}} {
		if !(field.value >= 0 && field.value <= 1e12) {
			return fmt.Errorf("plan: %s %g: want 0 to 1e12", field.name, field.value)
		}
	}
	switch {
	case p.GPUHour > 0 && (p.Capex > 0 || p.KWh > 0):
		return fmt.Errorf("plan: give gpu-hour (rent, power included) or capex and kwh (bought), not both")
	case p.Capex > 0 && !(p.Years > 0):
		return fmt.Errorf("plan: capex %g needs the years that it is spread over", p.Capex)
	}
	return nil
}

// over returns p where it says anything, else the other.
func (p Price) over(other Price) Price {
	if p == (Price{}) {
		return other
	}
	if p.KWh == 0 && p.GPUHour == 0 {
		p.KWh = other.KWh
	}
	if p.Years == 0 {
		p.Years = other.Years
	}
	return p
}

func (p Price) known() bool { return p.GPUHour > 0 || p.Capex > 0 }

// hourly is the cost of an hour of all accelerators, at a mean draw from the grid.
func (p Price) hourly(accelerators int, kW float64) float64 {
	if p.GPUHour > 0 {
		return float64(accelerators) * p.GPUHour
	}
	return float64(accelerators)*p.Capex/(p.Years*hoursPerMonth*12) + kW*p.KWh
}

func (p Price) String() string {
	if p.GPUHour > 0 {
		return strconv.FormatFloat(p.GPUHour, 'g', -1, 64) + " an accelerator-hour, rent that includes power and hosting"
	}
	return fmt.Sprintf("%g an accelerator bought, spread over %g years, and %g a kWh at the facility's meter", p.Capex, p.Years, p.KWh)
}

// occupancy is the mean share of the peak over the day.
func occupancy(day []float64) float64 {
	if len(day) == 0 {
		return 1
	}
	sum := 0.0
	for _, v := range day {
		sum += v
	}
	return sum / float64(len(day))
}

// carried is the mean number of agents at the busiest hour: what is asked for where
// that is known and fits, else all that the plan promises.
func (r Request) carried(a *Answer) float64 {
	if a.Demand != nil && a.Demand.Slots > 0 && a.Demand.Mean < float64(a.AgentsPlanned) {
		return a.Demand.Mean
	}
	return float64(a.AgentsPlanned)
}

// money prices the plan.
func (r Request) money(a *Answer, s System) {
	price := s.Price.over(r.Price)
	if !price.known() || price.Capex > 0 && price.KWh > 0 && a.Energy == nil {
		return
	}
	kW := 0.0
	if a.Energy != nil {
		kW = a.Energy.MeanMW * 1000
	}
	hour := price.hourly(a.Accelerators, kW)
	month := hour * hoursPerMonth
	a.CostPerHour, a.CostPerMonth = &hour, &month
	if carried := r.carried(a) * occupancy(r.Day); carried > 0 {
		per := hour / carried
		a.CostPerAgentHour = &per
	}
}
