package sim

import (
	"fmt"
	"slices"
	"time"
)

// Request is one generation asked of the engine.
type Request struct {
	ID     uint64
	Tokens int // of the prompt, at least 1
	// Prefix identifies the full blocks of the prompt in order, at most
	// Tokens/BlockTokens: what has no identity is never cached. The engine keeps the
	// slice until the request is done.
	Prefix []Run
	Output int // tokens to generate, at least 1
	// MaxOutput is the most tokens that the client allows, all that an engine knows of
	// the output beforehand; below Output it is Output.
	MaxOutput int
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
	flight   *flight  // of a deployment
	session  *session // of an engine that deals its requests out itself, nil none
	rank     *rank
	arrival  time.Duration
	order    uint64 // of admission
	prompt   int    // tokens to compute before the next token: Tokens, after preemption plus generated
	computed int    // of them, cached ones included
	chunk    int    // prompt tokens in the step under way
	cached   int
	admitted bool // once; cached is settled
	output   int  // tokens generated; while it decodes, as of when that last mattered
	counted  int  // of them, in the engine's account
	emitted  int
	full     int // blocks of Prefix
	match    int // of them in the cache when the queue was last put in order, -1 to come last
	held     []hold
	shared   int           // blocks held
	reserved int           // private blocks
	loaded   time.Duration // when all blocks held are in the pool, those of tiers read back

	decodes bool // the prompt is complete
	// While it decodes: output and the engine's decode steps as it joined.
	base, joined int
}

func (c *Config) checkRequest(r Request) error {
	switch {
	case r.Tokens < 1 || r.Output < 1:
		return fmt.Errorf("sim: request %d has a prompt of %d and an output of %d tokens, both must be at least 1", r.ID, r.Tokens, r.Output)
	case r.Tokens+r.Output > c.MaxContext:
		return fmt.Errorf("sim: request %d needs %d + %d tokens of context, the engine has %d", r.ID, r.Tokens, r.Output, c.MaxContext)
	case blocksOf(r.Prefix) > r.Tokens/c.BlockTokens:
		return fmt.Errorf("sim: request %d names %d blocks, %d tokens hold %d full ones", r.ID, blocksOf(r.Prefix), r.Tokens, r.Tokens/c.BlockTokens)
	case slices.ContainsFunc(r.Prefix, func(run Run) bool { return run.Blocks < 1 }):
		return fmt.Errorf("sim: request %d has a run without blocks in its prefix", r.ID)
	case c.blocksFor(r.Tokens+r.Output)+c.FixedBlocks > c.Blocks:
		return fmt.Errorf("sim: request %d needs %d KV blocks, the pool has %d", r.ID, c.blocksFor(r.Tokens+r.Output)+c.FixedBlocks, c.Blocks)
	}
	return nil
}

// admits reports whether other lets the same requests in.
func (c *Config) admits(other Config) bool {
	return c.MaxContext == other.MaxContext && c.BlockTokens == other.BlockTokens && c.FixedBlocks == other.FixedBlocks && c.Blocks == other.Blocks
}

func (c *Config) blocksFor(tokens int) int { return (tokens + c.BlockTokens - 1) / c.BlockTokens }
