package main

import (
	"bufio"
	"context"
	"io"
	"testing"
	"time"

	"plimsoll"
	"plimsoll/agent"
	"plimsoll/client"
	"plimsoll/dialect"
	"plimsoll/sim/metronome"
	"plimsoll/token"
)

// The metronome sends what was asked for and logs when.
func TestMetronome(t *testing.T) {
	in, stdin := io.Pipe()
	stdout, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := serveMetronome(context.Background(), 500, in, out)
		out.Close()
		ended <- err
	}()
	lines := bufio.NewReader(stdout)
	url, err := firstLine(context.Background(), lines)
	if err != nil {
		t.Fatal(err)
	}
	chat, err := dialect.ByName("chat")
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(client.Config{URLs: []string{url}, Dialect: chat, Model: "metronome", Counter: token.Bytes4{}, Exact: true, SessionHeaders: []string{"X-Request-Id"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Identify(context.Background()); err != nil {
		t.Fatal(err)
	}
	encoded, err := chat.Encode(calibration{rate: 5, context: 27_000}.trajectory(), dialect.Options{Model: "metronome", Usage: true})
	if err != nil {
		t.Fatal(err)
	}
	epoch := time.Now()
	row := plimsoll.Row{}
	c.Do(context.Background(), epoch, client.Call{Encoded: encoded, Output: dialect.Output{Policy: dialect.Recorded}, Request: time.Minute, Session: "turn-1"}, &row)
	if row.Class != plimsoll.ClassOK || row.LocalTokens != 20 {
		t.Fatalf("%+v", row)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	stdin.Close()
	log := metronome.ReadLog(lines)["turn-1"]
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	sent, read := epoch.UnixNano()+int64(row.Sent), epoch.UnixNano()+int64(row.FirstToken)
	if log.First < sent || log.First > read || log.Last <= log.First || log.Last > epoch.UnixNano()+int64(row.LastToken) {
		t.Errorf("log %+v does not lie between sent %d and first token %d", log, sent, read)
	}
}

// The errors are those between the rows and the log.
func TestCalibrationJudge(t *testing.T) {
	c := calibration{agents: 2, rate: 10}
	salt := agent.LevelSalt(1, c.stage())
	epoch := time.Unix(1000, 0)
	id := agent.WalkSalt(salt, 1, 3)
	row := plimsoll.Row{Slot: 1, Walk: 3, Due: 1e9, Sent: 1.002e9, FirstToken: 1.5e9, LastToken: 5.5e9, End: 5.5e9, Events: 40, Class: plimsoll.ClassOK}
	outside := row
	outside.Sent = 20e9
	failed := row
	failed.Class = plimsoll.ClassCut
	sent := map[string]metronome.Log{string(id[:]): {First: epoch.UnixNano() + 1.4e9, Last: epoch.UnixNano() + 5.6e9}}
	o := plimsoll.Observed{Epoch: epoch, Window: plimsoll.Window{Start: 1e9, End: 5e9}, Delivered: 1, Client: plimsoll.Client{CPUSeconds: 0.000105, SentinelP99ms: 0.5}}
	got := c.judge([]plimsoll.Row{row, outside, failed}, o, sent, salt)
	near := func(a, b float64) bool { return a > b-0.01 && a < b+0.01 }
	if got.Turns != 2 || got.Failed != 1 || !near(got.LagP99, 2) || !near(got.TTFTErrorP99, 100) || !near(got.SpeedErrorP99, 5) || !near(got.EventsPerS, 3*35/4.) || !near(got.CPUPerEvent, 1) {
		t.Errorf("%+v", got)
	}
	if n := len(got.complaints()); n != 1 {
		t.Errorf("%d complaints, want the failed turn alone: %v", n, got.complaints())
	}
}
