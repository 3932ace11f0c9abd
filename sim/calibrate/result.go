package calibrate

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Factor is a fitted number of the runtime with its error bar.
type Factor struct {
	Name  string  `json:"name"`
	Was   float64 `json:"was"` // in the profile that the fit began with
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	// Identified says that the levels tell it: its error bar is within a factor of
	// two. Otherwise the profile's own value is kept, and Low and High say how little.
	Identified bool `json:"identified"`
}

// Prediction is a level beside the fit that did not see it.
type Prediction struct {
	Agents    int     `json:"agents"`
	Seen      Figures `json:"seen"`
	Predicted Figures `json:"predicted"`
	SpeedErr  float64 `json:"p25_speed_error"` // predicted over seen, less 1
	TTFTErr   float64 `json:"p95_ttft_error"`
}

// Result is what a calibration says.
type Result struct {
	Factors     []Factor     `json:"factors"`
	Predictions []Prediction `json:"levels_not_seen"`
	SpeedErr    float64      `json:"mean_abs_p25_speed_error"`
	TTFTErr     float64      `json:"mean_abs_p95_ttft_error"`
}

// wide is an error bar, as a logarithm, past which a factor counts as not told.
const wide = 0.7

// Fit fits the profile to the levels.
func Fit(ctx context.Context, c Config) (Result, error) {
	if err := c.Validate(); err != nil {
		return Result{}, err
	}
	begin, err := c.start(ctx)
	if err != nil {
		return Result{}, err
	}
	best, slopes, err := c.descend(ctx, begin)
	if err != nil {
		return Result{}, err
	}
	var out Result
	without := make([]factors, len(c.Levels))
	for i := range c.Levels {
		without[i] = leftOut(best, slopes, i)
		p, err := c.predict(ctx, without[i], c.Levels[i])
		if err != nil {
			return out, err
		}
		out.Predictions = append(out.Predictions, p)
		out.SpeedErr += math.Abs(p.SpeedErr) / float64(len(c.Levels))
		out.TTFTErr += math.Abs(p.TTFTErr) / float64(len(c.Levels))
	}
	was, value := factors{}.values(c.Profile), best.x.values(c.Profile)
	bar := bars(best, slopes, without)
	for k, name := range names() {
		f := Factor{Name: name, Was: was[k], Value: value[k], Low: value[k] * math.Exp(-bar[k]), High: value[k] * math.Exp(bar[k]), Identified: bar[k] < wide}
		if !f.Identified {
			f.Value = f.Was
		}
		out.Factors = append(out.Factors, f)
	}
	return out, nil
}

// leftOut is one Gauss-Newton step from the best point on all levels but one.
func leftOut(best point, slopes [3]point, leave int) factors {
	jj, jr := normal(best, slopes, leave)
	d, ok := step(jj, jr, damping)
	if !ok {
		return best.x
	}
	return best.x.plus(d)
}

func (c Config) predict(ctx context.Context, x factors, l Level) (Prediction, error) {
	f, err := c.hold(ctx, x, l)
	return Prediction{
		Agents: l.Stage.Agents, Seen: l.Seen, Predicted: f,
		SpeedErr: f.SpeedP25TPS/l.Seen.SpeedP25TPS - 1, TTFTErr: f.TTFTP95s/l.Seen.TTFTP95s - 1,
	}, err
}

// bars are half widths of the error bars: two standard errors, of the linearised fit
// or of the jackknife over levels (Efron, The Jackknife, the Bootstrap and Other
// Resampling Plans, 1982, p. 13), whichever is larger; at least half a percent.
func bars(best point, slopes [3]point, without []factors) (out factors) {
	jj, _ := normal(best, slopes, -1)
	for i := range 3 {
		jj.SetSym(i, i, jj.At(i, i)+1e-6)
	}
	n := float64(len(without))
	variance := best.cost(-1) / max(1, 5*n-3)
	var inverse mat.Dense
	singular := inverse.Inverse(jj) != nil
	for i := range out {
		mean, squares := 0.0, 0.0
		for _, x := range without {
			mean += x[i] / n
		}
		for _, x := range without {
			squares += (x[i] - mean) * (x[i] - mean)
		}
		e := math.Inf(1)
		if !singular {
			e = math.Sqrt(max(0, variance*inverse.At(i, i), squares*(n-1)/n))
		}
		out[i] = max(0.005, min(2*e, 5))
	}
	return out
}
