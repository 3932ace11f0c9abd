package fleet_test

import (
	"context"
	"fmt"
	"time"

	"plimsoll"
	"plimsoll/agent"
	"plimsoll/client"
	"plimsoll/dialect"
	"plimsoll/fleet"
)

// rows is a Sink that forgets.
type rows struct{}

func (rows) Row(plimsoll.Row) error       { return nil }
func (rows) Sample(plimsoll.Sample) error { return nil }

// Example holds a level on an engine that is not there: no error, but a level that
// says so.
func Example() {
	chat, err := dialect.ByName("chat")
	if err != nil {
		fmt.Println(err)
		return
	}
	task := &plimsoll.Trajectory{
		ID:       "task",
		Segments: []plimsoll.Segment{{Role: plimsoll.User, Kind: plimsoll.KindUser, Text: "Mend the test."}},
		Turns:    []plimsoll.Turn{{Prompt: []plimsoll.Span{{From: 0, To: 1}}, OutputTokens: 20}},
	}
	encoded, err := chat.Encode(task, dialect.Options{Model: "model", Usage: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	engine, err := client.New(client.Config{URLs: []string{"http://127.0.0.1:1/v1"}, Dialect: chat, Model: "model"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer engine.Close()
	agents, err := fleet.New(fleet.Config{
		Engine: engine, Encoded: []*dialect.Encoded{encoded}, Output: dialect.Recorded,
		Agents: agent.Config{Seed: 1, Start: agent.StartBegin, ToolDelay: agent.DelayRecorded},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	observed, err := agents.Hold(context.Background(), plimsoll.Stage{
		Level: 1, Attempt: 1, Agents: 4, Fresh: true,
		Shape: plimsoll.Shape{Min: time.Second, Tick: time.Second, Request: time.Minute},
	}, rows{}, nil)
	fmt.Println(observed.Closed, observed.Broken != "", err)
	// Output: broken true <nil>
}
