package sim_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plimsoll/sim"
)

// replies plays requests one after the other and returns what was found of each and how
// long its first token took.
func replies(t *testing.T, e *sim.Engine, asked ...sim.Request) (cached []int, first []time.Duration) {
	t.Helper()
	now := time.Duration(0)
	for i, r := range asked {
		r.ID = uint64(i + 1)
		if err := e.Submit(now, r); err != nil {
			t.Fatal(err)
		}
		sent := now
		for done := false; !done; {
			at, ok := e.Next()
			if !ok {
				t.Fatalf("request %d is lost", r.ID)
			}
			e.Advance(at, func(m sim.Emission) {
				if m.First {
					cached, first = append(cached, m.Cached), append(first, m.At-sent)
				}
				done, now = m.Done, m.At
			})
		}
	}
	return cached, first
}

func prompt(run uint64) sim.Request {
	return sim.Request{Tokens: 161, Prefix: []sim.Run{{ID: run, Blocks: 10}}, Output: 2}
}

// What was evicted is read back, over a link at so long a block, and counts as cached;
// without tiers it is computed again.
func TestEvictedBlocksAreReadBack(t *testing.T) {
	cfg := sim.Config{Cost: linear{}, BlockTokens: 16, Blocks: 15, Reserve: sim.ReserveOutput, MaxSeqs: 4, StepTokens: 256, MaxContext: 200, Speed: 1}
	for _, c := range []struct {
		name  string
		tiers []sim.Tier
		found int
		reads []int64
		wait  time.Duration
	}{
		{"none", nil, 64, nil, 0}, // 4 of the 10 blocks have stayed
		{"host", []sim.Tier{{Blocks: 6, BlockSeconds: 0.01}}, 160, []int64{96}, 60 * time.Millisecond},
		{"host and nvme", []sim.Tier{{Blocks: 4, BlockSeconds: 0.01}, {Blocks: 9, BlockSeconds: 0.1}}, 160, []int64{64, 32}, 200 * time.Millisecond},
		{"too small", []sim.Tier{{Blocks: 4, BlockSeconds: 0.01}}, 128, []int64{64}, 40 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := cfg
			cfg.Offload = c.tiers
			e, err := sim.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			cached, first := replies(t, e, prompt(1), prompt(2), prompt(1))
			rest := 161 - c.found
			step := linear{}.Price([]sim.Work{{Prefill: rest, Attended: int64(rest)*int64(c.found) + int64(rest)*int64(rest+1)/2}}).Seconds
			want := c.wait + time.Duration(step*1e9)
			if d := first[2] - want; cached[2] != c.found || d < -2*time.Nanosecond || d > 2*time.Nanosecond {
				t.Errorf("%d tokens found, first token after %s; want %d, %s", cached[2], first[2], c.found, want)
			}
			if s := e.Stats(); fmt.Sprint(s.ReadTokens) != fmt.Sprint(c.reads) {
				t.Errorf("%d tokens were read back, want %d", s.ReadTokens, c.reads)
			} else {
				for i, tokens := range c.reads {
					if want := time.Duration(float64(tokens/16) * c.tiers[i].BlockSeconds * 1e9); (s.Reading[0][i] - want).Abs() > 2 {
						t.Errorf("tier %d: its links were asked for %s, want %s", i, s.Reading[0][i], want)
					}
				}
			}
		})
	}
}

// Tiers that hold nothing change no byte.
func TestEmptyTiersChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		load, cfg := closedLoads(t), closedEngine(t)
		without := sim.DeploymentConfig{Serve: []sim.Config{cfg}, Router: sim.RouteAffinity}
		cfg.Offload = []sim.Tier{{BlockSeconds: 1}, {}}
		with := sim.DeploymentConfig{Serve: []sim.Config{cfg}, Router: sim.RouteAffinity}
		if a, b := load.run(t, without, 2*time.Second), load.run(t, with, 2*time.Second); !bytes.Equal(a.text, b.text) {
			t.Fatal("the replies differ")
		}
	})
}
