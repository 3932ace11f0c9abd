package calibrate

import (
	"context"
	"fmt"
	"math"
	"time"

	"plimsoll"
	"plimsoll/agent"
	"plimsoll/measure"
	"plimsoll/sim/profile"
	"plimsoll/sim/simfleet"
)

// Figures are what a level shows of its engine.
type Figures struct {
	SpeedP25TPS    float64 `json:"p25_speed_tps"`
	SpeedP50TPS    float64 `json:"p50_speed_tps"`
	TTFTP50s       float64 `json:"p50_ttft_s"`
	TTFTP95s       float64 `json:"p95_ttft_s"`
	UncachedTokens float64 `json:"uncached_tokens_per_turn"` // NaN where the engine does not say
}

// Of reads the figures from a level's evidence.
func Of(e plimsoll.Evidence) Figures {
	return Figures{
		SpeedP25TPS: measure.Percentile(e.Speed, 0.25), SpeedP50TPS: measure.Percentile(e.Speed, 0.5),
		TTFTP50s: measure.Percentile(e.TTFT, 0.5), TTFTP95s: measure.Percentile(e.TTFT, 0.95), UncachedTokens: e.MeanUncached,
	}
}

// farOff bounds a residual: past a factor of e^2 a figure only says "far off".
const farOff = 2.0

// tolerances are how closely each figure is to be met, relative: a speed is known
// better than the tail of TTFT.
func tolerances() [5]float64 { return [5]float64{0.03, 0.03, 0.08, 0.15, 0.08} }

// residuals are logarithms of simulated over seen, over their tolerance; a figure
// that was not seen is 0.
func residuals(simulated, seen Figures) [5]float64 {
	var out [5]float64
	tolerance := tolerances()
	for i, pair := range [5][2]float64{
		{simulated.SpeedP25TPS, seen.SpeedP25TPS}, {simulated.SpeedP50TPS, seen.SpeedP50TPS},
		{simulated.TTFTP50s, seen.TTFTP50s}, {simulated.TTFTP95s, seen.TTFTP95s}, {simulated.UncachedTokens, seen.UncachedTokens},
	} {
		if math.IsNaN(pair[1]) || pair[1] <= 0 && i == 4 {
			continue
		}
		r := math.Log(pair[0] / pair[1])
		switch {
		case math.IsNaN(r): // both endless or both 0: equal
			r = 0
		default:
			r = max(-farOff, min(farOff, r))
		}
		out[i] = r / tolerance[i]
	}
	return out
}

// Level is one measured level.
type Level struct {
	Stage    plimsoll.Stage
	Observed plimsoll.Observed
	Seen     Figures
}

// Config says what is fitted to what.
type Config struct {
	Profile       *profile.Profile
	Trajectories  []*plimsoll.Trajectory
	Agents        agent.Config
	OutputPolicy  string
	LevelSaltOnly bool
	Levels        []Level // at least two
	// Held is told after each level that was simulated; nil: nobody.
	Held func()
}

// hold holds a level on the profile with factors and returns its figures.
func (c Config) hold(ctx context.Context, x factors, l Level) (Figures, error) {
	deployment, err := x.on(c.Profile).Deployment()
	if err != nil {
		return Figures{}, err
	}
	fleet, err := simfleet.New(simfleet.Config{
		Deployment: deployment, Trajectories: c.Trajectories, Agents: c.Agents, OutputPolicy: c.OutputPolicy, LevelSaltOnly: c.LevelSaltOnly,
	})
	if err != nil {
		return Figures{}, err
	}
	stage := l.Stage
	stage.Fresh, stage.Shape.Turns, stage.Shape.Walks, stage.Shape.WalksPerAgent = true, 0, 0, 0
	stage.Shape.Min = time.Duration(l.Observed.Window.End - l.Observed.Window.Start)
	stage.Shape.Max = stage.Shape.Min
	stage.Shape.Settle, stage.Shape.SettleMax = l.Observed.Window.Start.Sub(plimsoll.Instant(0).Add(stage.Shape.RampFor(stage.Agents))), 0
	// A level that ended early cut its turns in flight, and so does this one.
	early := func(_, at plimsoll.Instant, _ func() []plimsoll.Row) bool {
		return l.Observed.Tick != plimsoll.Never && at >= l.Observed.Tick
	}
	var rows rowsOf
	observed, err := fleet.Hold(ctx, stage, &rows, early)
	if err != nil {
		return Figures{}, fmt.Errorf("level of %d agents: %w", stage.Agents, err)
	}
	if c.Held != nil {
		c.Held()
	}
	return Of(measure.Evidence(measure.Input{Stage: stage, Rows: rows, Observed: observed, Now: plimsoll.Never, Head: -1})), nil
}

// rowsOf keeps a level's rows.
type rowsOf []plimsoll.Row

func (r *rowsOf) Row(row plimsoll.Row) error   { *r = append(*r, row); return nil }
func (r *rowsOf) Sample(plimsoll.Sample) error { return nil }
