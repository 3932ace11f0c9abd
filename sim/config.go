package sim

import (
	"fmt"
	"math"
	"time"
)

// Reserve says how much of the KV pool a request takes on admission.
type Reserve string

// The reservations.
const (
	ReserveOutput Reserve = "output" // prompt and whole output: no preemption
	ReservePrompt Reserve = "prompt" // prompt only: preempt and recompute under pressure
	// ReserveEstimate takes the prompt only, but lets in only who fits beside what the
	// others are thought to generate; retract and recompute under pressure. See Estimate.
	ReserveEstimate Reserve = "estimate"
)

// Work is what a rank computes in a step.
type Work struct {
	Seqs     int   // sequences that decode a token
	Context  int64 // sum of their contexts, tokens
	Prefill  int   // prompt tokens computed
	Attended int64 // sum over these of the context that each attends to, tokens
}

// Price is what a step costs.
type Price struct {
	Seconds float64 // duration of the step
	Compute float64 // of which the arithmetic units are busy, s
	Memory  float64 // of which memory is busy, s
}

// Cost prices steps, of which it is given the work of each attention rank: all ranks
// meet in a step, so the slowest sets its pace. It must be pure, must not keep the
// slice, and for a fixed number of sequences be linear or nearly so in Context.
type Cost interface {
	Price(ranks []Work) Price
}

// Power is the draw of the accelerators behind the engine:
// IdleW + (MaxW - IdleW) * min(1, ComputeShare*compute fraction + MemoryShare*memory fraction).
type Power struct {
	IdleW, MaxW               float64
	ComputeShare, MemoryShare float64
}

// Watts returns the mean draw over a step.
func (p Power) Watts(step Price) float64 {
	if !(step.Seconds > 0) {
		return p.IdleW
	}
	busy := (p.ComputeShare*step.Compute + p.MemoryShare*step.Memory) / step.Seconds
	return p.IdleW + (p.MaxW-p.IdleW)*math.Min(1, busy)
}

// Config describes an engine. Blocks, tiers, sequences and step tokens are those of
// each of its attention ranks.
type Config struct {
	Cost  Cost
	Power Power

	Ranks         int     // attention ranks, each with a queue and a KV pool of its own; 0 is 1
	BlockTokens   int     // tokens a KV block
	Blocks        int     // KV pool, blocks
	Offload       []Tier  // below the pool, from the fastest; none: what is evicted is gone
	FixedBlocks   int     // blocks that a running sequence takes whatever its length
	Reserve       Reserve // how admission takes from the pool
	Estimate      Estimate
	Order         Order // of those who wait
	MaxSeqs       int   // sequences that run at once
	StepTokens    int   // tokens a step, decode and prompt chunks together
	Separate      bool  // a step holds prompts or decodes, never both; prompts go first
	AlignSteps    int   // steps that a prompt waits at most until all ranks have one to begin; 0 none
	MaxContext    int   // prompt + output of one request, tokens
	PreferredSeqs int   // admit at once below it; 0 always
	// PreferredQueue and QueuePerSeq let more sequences run when the queue is long:
	// one for every QueuePerSeq requests that wait beyond PreferredQueue; QueuePerSeq
	// 0 lets none.
	PreferredQueue int
	QueuePerSeq    float64
	MaxQueueDelay  time.Duration // wait before admission above what is preferred
	Accepted       float64       // tokens a decode step yields a sequence: above 1 with speculation, 0 is 1
	Speed          float64       // divides every step's duration; 1 as priced
	PerToken       bool          // emit every token, not only first and last
	Ports          int           // over which KV caches come and go between the stages of a deployment, each one after the other; 0: no bound
}

// Scaled returns the configuration with its KV pool and the speed of its steps
// multiplied. The tiers below the pool and their links stay as they are: they are
// other memory, with sizes and rates of their own.
func (c Config) Scaled(kv, speed float64) Config {
	c.Blocks = int(float64(c.Blocks) * kv)
	c.Speed *= speed
	return c
}

// PoolTokens returns the tokens that the KV pools of all ranks hold.
func (c Config) PoolTokens() int { return max(1, c.Ranks) * c.Blocks * c.BlockTokens }

// Validate names the first field that is out of bounds.
func (c Config) Validate() error {
	for _, f := range []struct {
		name       string
		value, min int
	}{
		{"BlockTokens", c.BlockTokens, 1}, {"Blocks", c.Blocks, 1}, {"MaxSeqs", c.MaxSeqs, 1},
		{"StepTokens", c.StepTokens, 1}, {"MaxContext", c.MaxContext, 2}, {"PreferredSeqs", c.PreferredSeqs, 0},
		{"PreferredQueue", c.PreferredQueue, 0},
		{"FixedBlocks", c.FixedBlocks, 0}, {"Ports", c.Ports, 0}, {"Ranks", c.Ranks, 0}, {"AlignSteps", c.AlignSteps, 0},
	} {
		if f.value < f.min {
			return fmt.Errorf("sim: %s is %d, must be at least %d", f.name, f.value, f.min)
		}
	}
	for i, t := range c.Offload {
		if t.Blocks < 0 || !(t.BlockSeconds >= 0) || math.IsInf(t.BlockSeconds, 0) {
			return fmt.Errorf("sim: Offload[%d] (%s) has Blocks %d and BlockSeconds %g, want at least 0", i, t.Name, t.Blocks, t.BlockSeconds)
		}
	}
	if err := c.Order.validate(c.PreferredSeqs); err != nil {
		return err
	}
	switch {
	case c.Cost == nil:
		return fmt.Errorf("sim: Cost is missing; a profile supplies it")
	case c.MaxSeqs > c.StepTokens:
		return fmt.Errorf("sim: MaxSeqs %d is above StepTokens %d: a step could not hold one token of each sequence", c.MaxSeqs, c.StepTokens)
	case c.Reserve != ReserveOutput && c.Reserve != ReservePrompt && c.Reserve != ReserveEstimate:
		return fmt.Errorf("sim: Reserve is %q, must be %q, %q or %q", c.Reserve, ReserveOutput, ReservePrompt, ReserveEstimate)
	case c.Accepted != 0 && !(c.Accepted >= 1 && c.Accepted <= 64):
		return fmt.Errorf("sim: Accepted is %g tokens a step, must be 1..64, or 0 for 1", c.Accepted)
	case !(c.QueuePerSeq >= 0) || math.IsInf(c.QueuePerSeq, 0):
		return fmt.Errorf("sim: QueuePerSeq is %g, must not be negative", c.QueuePerSeq)
	case c.MaxQueueDelay < 0:
		return fmt.Errorf("sim: MaxQueueDelay is %s, must not be negative", c.MaxQueueDelay)
	case !(c.Speed > 0) || math.IsInf(c.Speed, 0):
		return fmt.Errorf("sim: Speed is %g, must be above 0", c.Speed)
	case !(c.Power.IdleW >= 0) || !(c.Power.MaxW >= c.Power.IdleW):
		return fmt.Errorf("sim: Power has IdleW %g and MaxW %g, want 0 <= IdleW <= MaxW", c.Power.IdleW, c.Power.MaxW)
	}
	return c.Estimate.validate(c.Reserve, c.Separate)
}
