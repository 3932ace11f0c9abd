package calibrate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// How the search goes: a derivative's step is 8 %, well above what the granularity of
// blocks and agents makes of a figure; a fit ends when no factor moves by 0.3 %.
const (
	slopeStep  = 0.08
	still      = 0.003
	iterations = 12
	damping    = 1e-2
)

// point is where the fit stands: residuals of every level at x.
type point struct {
	x      factors
	levels [][5]float64
	sims   []Figures
}

func (p point) cost(leave int) float64 {
	sum := 0.0
	for i, r := range p.levels {
		for _, v := range r {
			if i != leave {
				sum += v * v
			}
		}
	}
	return sum
}

// at holds all levels at x.
func (c Config) at(ctx context.Context, x factors) (point, error) {
	p := point{x: x}
	for _, l := range c.Levels {
		f, err := c.hold(ctx, x, l)
		if err != nil {
			return p, err
		}
		p.sims = append(p.sims, f)
		p.levels = append(p.levels, residuals(f, l.Seen))
	}
	return p, nil
}

// start finds where the descent begins: phi, decoding and prompts alike, from the two
// levels with the fewest agents, where the pool hardly matters; then the pool from
// all of them, since one that is too large shows no slope towards the cliff.
func (c Config) start(ctx context.Context) (point, error) {
	few := c
	few.Levels = slices.SortedStableFunc(slices.Values(c.Levels), func(a, b Level) int { return a.Stage.Agents - b.Stage.Agents })[:2]
	var along []factors
	for _, phi := range []float64{0.6, 0.8, 1, 1.25, 1.6} {
		along = append(along, factors{math.Log(phi), math.Log(phi), 0})
	}
	best, err := few.best(ctx, along)
	if err != nil {
		return best, err
	}
	along = nil
	for _, kv := range []float64{0.35, 0.45, 0.57, 0.75, 1, 1.35, 1.8} {
		along = append(along, factors{best.x[0], best.x[1], math.Log(kv)})
	}
	return c.best(ctx, along)
}

// best is the point of least cost; where no engine can be built is none.
func (c Config) best(ctx context.Context, along []factors) (best point, err error) {
	found := false
	for _, x := range along {
		p, err := c.at(ctx, x)
		if ctx.Err() != nil {
			return best, ctx.Err()
		}
		if err == nil && (!found || p.cost(-1) < best.cost(-1)) {
			best, found = p, true
		}
	}
	if !found {
		return best, errors.New("calibrate: no engine near the profile's KV pool can be built; begin from a profile nearer to the system")
	}
	return best, nil
}

// slopes are residuals a step away from p, one a factor: towards slower software and
// towards a smaller pool.
func (c Config) slopes(ctx context.Context, p point) ([3]point, error) {
	var out [3]point
	for i, step := range steps() {
		x := p.x
		x[i] += step
		var err error
		if out[i], err = c.at(ctx, x); err != nil {
			return out, err
		}
	}
	return out, nil
}

func steps() [3]float64 { return [3]float64{slopeStep, slopeStep, -slopeStep} }

// normal returns J'J and J'r over all levels but leave (-1 none).
func normal(p point, slopes [3]point, leave int) (*mat.SymDense, *mat.VecDense) {
	jj, jr := mat.NewSymDense(3, nil), mat.NewVecDense(3, nil)
	d := func(level, figure, i int) float64 {
		return (slopes[i].levels[level][figure] - p.levels[level][figure]) / steps()[i]
	}
	for level := range p.levels {
		if level == leave {
			continue
		}
		for figure := range p.levels[level] {
			for i := range 3 {
				jr.SetVec(i, jr.AtVec(i)+d(level, figure, i)*p.levels[level][figure])
				for j := i; j < 3; j++ {
					jj.SetSym(i, j, jj.At(i, j)+d(level, figure, i)*d(level, figure, j))
				}
			}
		}
	}
	return jj, jr
}

// step solves the damped normal equations; no factor moves by more than half.
func step(jj *mat.SymDense, jr *mat.VecDense, lambda float64) (factors, bool) {
	a := mat.NewSymDense(3, nil)
	a.CopySym(jj)
	for i := range 3 {
		a.SetSym(i, i, a.At(i, i)*(1+lambda)+1e-6)
	}
	var d mat.VecDense
	if err := d.SolveVec(a, jr); err != nil {
		return factors{}, false
	}
	var out factors
	for i := range out {
		out[i] = max(-0.5, min(0.5, -d.AtVec(i)))
	}
	return out, true
}

// descend moves from p to the least cost.
func (c Config) descend(ctx context.Context, p point) (point, [3]point, error) {
	lambda := damping
	slopes, err := c.slopes(ctx, p)
	if err != nil {
		return p, slopes, err
	}
	for range iterations {
		jj, jr := normal(p, slopes, -1)
		d, ok := step(jj, jr, lambda)
		if !ok {
			return p, slopes, nil
		}
		next, err := c.at(ctx, p.x.plus(d))
		if ctx.Err() != nil {
			return p, slopes, ctx.Err()
		}
		if err != nil || next.cost(-1) >= p.cost(-1) {
			if lambda *= 10; lambda > 1e4 || largest(d) < still {
				break
			}
			continue
		}
		p, lambda = next, max(lambda/10, 1e-4)
		if slopes, err = c.slopes(ctx, p); err != nil {
			return p, slopes, err
		}
		if largest(d) < still {
			break
		}
	}
	return p, slopes, nil
}

func largest(d factors) float64 {
	return max(math.Abs(d[0]), math.Abs(d[1]), math.Abs(d[2]))
}

// Most is how many levels a fit simulates at most: the start's, those of each step and
// its slopes, and a prediction of each level.
func (c Config) Most() int {
	n := len(c.Levels)
	return 10 + 7*n + 3*n + iterations*4*n + n
}

// Validate names what is missing.
func (c Config) Validate() error {
	if c.Profile == nil || len(c.Trajectories) == 0 {
		return errors.New("calibrate: Profile and Trajectories are missing")
	}
	if len(c.Levels) < 2 {
		return fmt.Errorf("calibrate: %d valid levels; a fit needs at least 2, better 4 or more from few agents to past the limit", len(c.Levels))
	}
	return nil
}
