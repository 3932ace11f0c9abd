package sim

import (
	"fmt"
	"time"
)

// Request is one generation asked of the engine.
type Request struct {
	ID     uint64
	Tokens int // of the prompt, at least 1
	// Blocks identifies the full blocks of the prompt in order; an identity stands
	// for its block and all before it. Fewer than Tokens/BlockTokens is allowed:
	// what has no identity is never cached. The engine keeps the slice.
	Blocks []uint64
	Output int // tokens to generate, at least 1
	// Session groups requests that share a prefix, for routing; 0 is none.
	Session uint64
	// Ready says that the prompt's KV cache comes with the request, from another
	// engine: nothing is computed before the first token.
	Ready bool
}

// Emission is what a request receives at the end of a step.
type Emission struct {
	ID     uint64
	At     time.Duration
	Tokens int  // new since the last emission
	First  bool // the request's first token is among them
	Done   bool // its last one is
	Cached int  // prompt tokens found in the prefix cache at first admission
}

// sequence is a request under way.
//
//	waiting --admit--> prefilling --last chunk--> decoding --last token--> gone
//	   ^--------------------preempt-------------------'
type sequence struct {
	Request
	arrival  time.Duration
	prompt   int // tokens to compute before the next token: Tokens, after preemption plus generated
	computed int // of them, cached ones included
	chunk    int // prompt tokens in the step under way
	inStep   bool
	cached   int
	admitted bool // once; cached is settled
	output   int  // tokens generated: base and what the decode steps since yielded
	base     int  // tokens generated when the prompt was last complete
	steps    int  // decode steps since
	emitted  int  // of them emitted
	held     []*block
	reserved int // private blocks
	lookedUp int // leading identities that are held or were published by somebody
	gone     bool
}

func (s *sequence) decoding() bool { return s.computed == s.prompt }

// context is the number of tokens that the next token attends to.
func (s *sequence) context() int { return s.Tokens + s.output }

func (c *Config) checkRequest(r Request) error {
	switch {
	case r.Tokens < 1 || r.Output < 1:
		return fmt.Errorf("sim: request %d has a prompt of %d and an output of %d tokens, both must be at least 1", r.ID, r.Tokens, r.Output)
	case r.Tokens+r.Output > c.MaxContext:
		return fmt.Errorf("sim: request %d needs %d + %d tokens of context, the engine has %d", r.ID, r.Tokens, r.Output, c.MaxContext)
	case len(r.Blocks) > r.Tokens/c.BlockTokens:
		return fmt.Errorf("sim: request %d names %d blocks, %d tokens hold %d full ones", r.ID, len(r.Blocks), r.Tokens, r.Tokens/c.BlockTokens)
	case c.blocksFor(r.Tokens+r.Output)+c.FixedBlocks > c.Blocks:
		return fmt.Errorf("sim: request %d needs %d KV blocks, the pool has %d", r.ID, c.blocksFor(r.Tokens+r.Output)+c.FixedBlocks, c.Blocks)
	}
	return nil
}

// advance moves a decoding sequence by so many steps that yield accepted tokens each.
func (s *sequence) advance(steps int, accepted float64) {
	s.steps += steps
	s.output = min(s.Output, s.base+int(float64(s.steps)*accepted))
}

// stepsLeft returns the steps after which a decoding sequence is done.
func (s *sequence) stepsLeft(accepted float64) int {
	n := int(float64(s.Output-s.base) / accepted)
	for int(float64(n)*accepted) < s.Output-s.base { // n is short by one at most, or by rounding
		n++
	}
	return n - s.steps
}

func (c *Config) blocksFor(tokens int) int { return (tokens + c.BlockTokens - 1) / c.BlockTokens }
