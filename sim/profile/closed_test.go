package profile

import (
	"testing"
	"time"

	"plimsoll/sim"
)

// streams is a closed loop as serving benchmarks run it: so many streams, each of
// which sends its next request when the last has ended, prompts and replies of one
// length, nothing in the cache.
type streams struct {
	count, input, output int
	warm, window         time.Duration
}

// pace is what a closed loop came to in its window.
type pace struct {
	tpot  float64 // (last - first token) / (output - 1), mean over the requests that ended, s
	total float64 // tokens in and out of these requests, tokens/s
	ttft  float64 // mean, s
}

func (s streams) on(t *testing.T, cfg sim.DeploymentConfig) pace {
	t.Helper()
	d, err := sim.NewDeployment(cfg)
	if err != nil {
		t.Fatal(err)
	}
	type open struct{ sent, first time.Duration }
	flying, next := map[uint64]*open{}, uint64(0)
	send := func(at time.Duration) {
		next++
		flying[next] = &open{sent: at}
		if err := d.Submit(at, sim.Request{ID: next, Tokens: s.input, Output: s.output, Session: next}); err != nil {
			t.Fatal(err)
		}
	}
	var out pace
	ended := 0
	// The streams start spread over a third of the warm-up.
	for started := 0; ; {
		due := s.warm / 3 * time.Duration(started) / time.Duration(s.count)
		at, busy := d.Next()
		if started < s.count && (!busy || due <= at) {
			send(due)
			started++
			continue
		}
		if at > s.warm+s.window {
			break
		}
		var over []time.Duration
		d.Advance(at, func(e sim.Emission) {
			r := flying[e.ID]
			if e.First {
				r.first = e.At
			}
			if !e.Done {
				return
			}
			delete(flying, e.ID)
			over = append(over, e.At)
			if e.At > s.warm {
				ended++
				out.tpot += (e.At - r.first).Seconds() / float64(s.output-1)
				out.ttft += (r.first - r.sent).Seconds()
			}
		})
		for _, at := range over {
			send(at)
		}
	}
	if ended == 0 {
		t.Fatalf("no request of %d streams ended in the window", s.count)
	}
	n := float64(ended)
	return pace{tpot: out.tpot / n, ttft: out.ttft / n, total: n * float64(s.input+s.output) / s.window.Seconds()}
}
