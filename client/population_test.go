package client

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"plimsoll"
	"plimsoll/dialect"
	"plimsoll/measure"
	"plimsoll/slo"
)

// populationOf is the evidence of a window that holds these turns.
func populationOf(tiers []plimsoll.Tier, rows ...plimsoll.Row) plimsoll.Evidence {
	end := rows[len(rows)-1].End + 1
	return measure.Evidence(measure.Input{
		Stage: plimsoll.Stage{Agents: 1, Tiers: tiers}, Rows: rows, Now: plimsoll.Never, Head: -1,
		Observed: plimsoll.Observed{Window: plimsoll.Window{Start: 0, End: end}, TurnsSent: len(rows), Delivered: 1},
	})
}

// inPopulation checks that a turn of an engine that failed counts against it: TTFT
// infinite, speed 0, never left out.
func inPopulation(t *testing.T, row plimsoll.Row) {
	t.Helper()
	e := populationOf(nil, row)
	switch {
	case e.Turns != 1 || e.Classes[row.Class] != 1 || len(e.TTFT) != 1:
		t.Errorf("class %s is in no population: %+v", row.Class, e)
	case row.Class == plimsoll.ClassOK:
		if e.OK != 1 || math.IsInf(e.TTFT[0], 1) {
			t.Errorf("a good turn counts as %+v", e)
		}
	case e.Failed != 1 || !math.IsInf(e.TTFT[0], 1) || len(e.Speed) != 1 || e.Speed[0] != 0:
		t.Errorf("class %s counts as %+v", row.Class, e)
	}
}

// An engine that obeys the preflight's few turns and stops early ever after gains
// nothing by its short replies: each is a failed turn, and the level fails.
func TestEarlyStopAfterThePreflight(t *testing.T) {
	var posts atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/models", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"data":[{"id":"m"}]}`) })
	mux.HandleFunc("POST /v1/chat/completions", func(w http.ResponseWriter, r *http.Request) {
		if posts.Add(1) <= 2 {
			streamer(probeTokens)(w, r)
			return
		}
		streamer(3)(w, r)
	})
	srv := httptest.NewServer(mux)
	defer srv.Close()
	c := newTestClient(t, srv.URL, nil)
	want := Expect{Options: dialect.Options{Model: "m", Usage: true}, Policy: dialect.Recorded}
	if findings, err := c.Preflight(context.Background(), want); err != nil || posts.Load() != 2 {
		t.Fatalf("%+v, %v, %d turns", findings, err, posts.Load())
	}
	var rows []plimsoll.Row
	e, epoch := encode(t, 5), time.Now()
	for turn := range 25 {
		row := plimsoll.Row{Turn: int32(turn), Due: plimsoll.Instant(time.Since(epoch))}
		c.Do(context.Background(), epoch, Call{Encoded: e, Output: dialect.Output{Policy: dialect.Recorded}, Request: 30 * time.Second}, &row)
		if row.Class != plimsoll.ClassWrongLength || row.Error != "3 tokens instead of 5" {
			t.Fatalf("turn %d: class %s %q", turn, row.Class, row.Error)
		}
		inPopulation(t, row)
		rows = append(rows, row)
	}
	tier := plimsoll.Tier{Name: "easy", SpeedTPS: 0.001, TTFT: time.Hour}
	v := slo.Judge(populationOf([]plimsoll.Tier{tier}, rows...), tier, slo.Standard())
	if v.Outcome != plimsoll.Fail {
		t.Errorf("verdict %s: %v", v.Outcome, v.Reasons)
	}
	// An engine that cannot be forced is found out at once.
	if _, err := c.Preflight(context.Background(), want); err == nil {
		t.Error("the preflight passes an engine that stops early")
	}
}
