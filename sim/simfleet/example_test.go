package simfleet_test

import (
	"context"
	"fmt"
	"time"

	"plimsoll"
	"plimsoll/agent"
	"plimsoll/sim/profile"
	"plimsoll/sim/simfleet"
	"plimsoll/trajectory/synth"
)

// rows is a Sink that counts.
type rows int

func (r *rows) Row(plimsoll.Row) error       { *r++; return nil }
func (r *rows) Sample(plimsoll.Sample) error { return nil }

// Example holds sixteen agents on the demo engine for a minute of virtual time.
func Example() {
	demo, err := profile.Load("demo")
	if err != nil {
		fmt.Println(err)
		return
	}
	engine, err := demo.Engine()
	if err != nil {
		fmt.Println(err)
		return
	}
	set, err := synth.Mini(1, 16)
	if err != nil {
		fmt.Println(err)
		return
	}
	fleet, err := simfleet.New(simfleet.Config{
		Engine: engine, Trajectories: set.Trajectories, OutputPolicy: "recorded",
		Agents: agent.Config{Seed: 1, Start: agent.StartSpread, ToolDelay: agent.DelayRecorded},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	var into rows
	observed, err := fleet.Hold(context.Background(), plimsoll.Stage{
		Level: 1, Attempt: 1, Agents: 16, Fresh: true,
		Shape: plimsoll.Shape{Ramp: time.Second, Settle: time.Second, Min: time.Minute, Max: time.Minute, Tick: time.Second, Request: time.Minute},
	}, &into, nil)
	fmt.Printf("window %.0f s, closed by %s, agents delivered %.2f, rows for every turn: %t, error %v\n",
		observed.Window.Seconds(), observed.Closed, observed.Delivered, int(into) > observed.TurnsSent, err)
	// Output: window 60 s, closed by max, agents delivered 1.00, rows for every turn: true, error <nil>
}
