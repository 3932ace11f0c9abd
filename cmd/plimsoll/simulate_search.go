package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

	"plimsoll"
	"plimsoll/config"
	"plimsoll/result"
	"plimsoll/run"
	"plimsoll/sim/profile"
	"plimsoll/sim/simfleet"
	"plimsoll/sim/study"
	"plimsoll/trajectory"
)

// question is one simulated system to search; answer is what came of it.
type question struct {
	label   string
	ablates string // the optimisation that it lacks; "" none
	shape   *profile.Profile
}

type answer struct {
	question
	final result.Result
	uses  study.Uses
	err   error // it cannot be built: weights that do not fit
}

// ensemble are n draws of the profile's uncertain fields.
func ensemble(p *profile.Profile, n int) []question {
	var out []question
	for i := range n {
		out = append(out, question{label: fmt.Sprintf("%s, draw %d of %d", p.Name, i+1, n), shape: p.Draw(uint64(i + 1))})
	}
	return out
}

// search answers the questions in their order, as many at once as there are
// processors. A profile that cannot be built is an answer, anything else that goes
// wrong ends the search.
//
// Goroutines: one a processor, each takes the next question until there is none or
// the context is over; all have ended when search returns.
func (f searchFlags) search(ctx context.Context, questions []question, io *IO) ([]answer, error) {
	folder, err := os.MkdirTemp("", "plimsoll-simulate-")
	if err != nil {
		return nil, fmt.Errorf("simulate: %w", err)
	}
	defer os.RemoveAll(folder)
	plan, full, err := config.Resolve(f.run(), config.Permit{})
	if err != nil {
		return nil, &ExitError{exitUsage, err}
	}
	set, err := (&job{plan: plan}).loaded(io)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers, board := make([]answer, len(questions)), newBoard(io, len(questions))
	defer board.clear()
	next := make(chan int, len(questions))
	for i := range questions {
		next <- i
	}
	close(next)
	var workers sync.WaitGroup
	var once sync.Once
	var failed error
	for range min(len(questions), runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := range next {
				if ctx.Err() != nil {
					return
				}
				s := searching{plan: plan, full: full, set: set, io: io, board: board, folder: filepath.Join(folder, strconv.Itoa(i))}
				a, err := s.answer(ctx, questions[i])
				if err != nil {
					once.Do(func() { failed = err; cancel() })
					return
				}
				answers[i] = a
				board.finished(questions[i].label)
			}
		})
	}
	workers.Wait()
	if failed == nil {
		failed = ctx.Err()
	}
	return answers, failed
}

// loaded opens the trajectories alone.
func (j *job) loaded(io *IO) (*trajectory.Set, error) {
	if err := j.openCounter(); err != nil {
		return nil, err
	}
	return j.loadSet(io)
}

// searching is one question under way.
type searching struct {
	plan   plimsoll.Plan
	full   config.Run
	set    *trajectory.Set
	io     *IO
	board  *board
	folder string
}

func (s searching) answer(ctx context.Context, q question) (answer, error) {
	out := answer{question: q}
	if _, out.err = q.shape.Deployment(); out.err != nil {
		return out, nil
	}
	s.plan.Out, s.plan.Power = s.folder, powerOf(q.shape)
	j := &job{plan: s.plan, shape: q.shape, set: s.set}
	if err := j.open(ctx, s.io); err != nil {
		return out, err
	}
	fleet, virtual := j.load.(*simfleet.Fleet)
	if !virtual {
		return out, errors.Join(fmt.Errorf("simulate: %s is not held in virtual time", q.label), j.close())
	}
	dir, err := j.folder(s.full)
	if err != nil {
		return out, errors.Join(err, j.close())
	}
	method, _, err := result.Method(dir.Facts())
	if err == nil {
		out.uses = study.Uses{}
		tell := &foreseen{Search: method, label: q.label, board: s.board}
		out.final, err = run.Run(ctx, run.Config{
			Load: told{Load: study.Watch{Fleet: fleet, Uses: out.uses}, foreseen: tell}, Method: tell, Dir: dir, Power: j.plan.Power, Getenv: s.io.Env, Now: time.Now,
		})
	}
	return out, errors.Join(err, dir.Close(), j.close(), os.RemoveAll(s.folder))
}

// powerOf is what a megawatt may stand for: what the accelerators draw at their
// limit, what node or rack is rated, and what the building supplies.
func powerOf(p *profile.Profile) []plimsoll.PowerSpec {
	watts := func(w float64) string { return strconv.FormatFloat(w, 'f', -1, 64) + "W" }
	n := float64(p.Accelerators())
	return []plimsoll.PowerSpec{
		{Kind: "static", Target: watts(p.TypicalPower().Value), Boundary: plimsoll.BoundaryAccelerator},
		{Kind: "static", Target: watts(n * p.Accelerator.ITPower.Value), Boundary: plimsoll.Boundary(p.Accelerator.ITBoundary)},
		{Kind: "static", Target: watts(n * p.Accelerator.AllInPower.Value), Boundary: plimsoll.BoundaryFacility},
	}
}

// spreadOver takes the ensemble's answers off the front and notes their range in the
// rows. A member without room carries 0 agents; one without an answer has none.
func spreadOver(rows []study.Row, answers []answer, members int) ([]answer, error) {
	if members == 0 {
		return answers, nil
	}
	for i := range rows {
		var capacities []float64
		unfit := 0
		for _, a := range answers[:members] {
			if a.err != nil {
				capacities, unfit = append(capacities, 0), unfit+1
			} else if c := a.final.Tiers[i].Capacity; c != nil {
				capacities = append(capacities, float64(*c))
			}
		}
		within, err := study.Of(capacities)
		if err != nil {
			return nil, fmt.Errorf("%s at %s: %w", rows[i].System, rows[i].Tier, err)
		}
		rows[i].Spread(within, unfit)
	}
	return answers[members:], nil
}
