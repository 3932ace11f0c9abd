package synth

import (
	"fmt"

	"plimsoll"
	"plimsoll/token"
)

// Resume says that some trajectories go on with an earlier conversation: their first
// prompt carries it, and none of its turns are replayed.
type Resume struct {
	Share  float64 `yaml:"share"`  // of the trajectories, 0..1
	Tokens Law     `yaml:"tokens"` // of the first prompt, without the new task
}

// Compaction says when a context collapses to a summary: the next prompt is the
// scaffold and the summary alone, and grows again.
type Compaction struct {
	At      Law `yaml:"at_tokens"` // context from which; drawn once for each trajectory
	Summary Law `yaml:"summary_tokens"`
}

func (p *Preset) validateWindows() error {
	if r := p.Resume; r != nil {
		if !(r.Share >= 0 && r.Share <= 1) {
			return fmt.Errorf("resume.share is %g; it must be 0 to 1", r.Share)
		}
		if err := r.Tokens.Validate(); err != nil {
			return fmt.Errorf("resume.tokens: %w", err)
		}
		if r.Tokens.Max > float64(p.MaxContext) {
			return fmt.Errorf("resume.tokens.max is %g; max_context is %d", r.Tokens.Max, p.MaxContext)
		}
	}
	c := p.Compaction
	if c == nil {
		return nil
	}
	if err := c.At.Validate(); err != nil {
		return fmt.Errorf("compaction.at_tokens: %w", err)
	}
	if err := c.Summary.Validate(); err != nil {
		return fmt.Errorf("compaction.summary_tokens: %w", err)
	}
	head := float64(p.SystemTokens + p.ToolTokens)
	if c.At.Max > float64(p.MaxContext) || c.At.Min < 2*(head+c.Summary.Max) {
		return fmt.Errorf("compaction.at_tokens is %g to %g; it must be at least twice scaffold and summary (%g) and at most max_context (%d)", c.At.Min, c.At.Max, 2*(head+c.Summary.Max), p.MaxContext)
	}
	return nil
}

// windows draws how long the context of trajectory i may grow.
func (k *session) windows(i int) {
	if c := k.preset.Compaction; c != nil {
		k.compact = int(c.At.draw(newSource(k.seed, "compaction", uint64(i))))
	}
}

// earlier writes the conversation that trajectory i goes on with: nothing, or
// exchanges up to a drawn size, below what would be compacted.
func (k *session) earlier(i int) []plimsoll.Span {
	r := k.preset.Resume
	if r == nil {
		return nil
	}
	at := spread(k.seed, 3, i)
	if at >= r.Share {
		return nil
	}
	size := int(r.Tokens.at(at / r.Share))
	if k.compact > 0 {
		size = min(size, k.compact)
	}
	spans := []plimsoll.Span{k.user(k.preset.Task.count(k.s))}
	none := Law{Kind: "constant"}
	for n := 0; k.context < size; n++ {
		id := fmt.Sprintf("past_%05d", n)
		d := k.act(id, none, false)
		result := min(int(d.tool.Result.draw(k.s)*k.growth+0.5), max(1, size-k.context-d.carried))
		k.context += d.carried + result + 2*token.PerMessage
		spans = append(spans, d.output, k.answer(d.tool, id, result))
	}
	return spans
}

// compacted begins the prompt anew: the scaffold and a summary of what went before.
func (k *session) compacted() []plimsoll.Span {
	p := k.preset
	k.context = p.SystemTokens + p.ToolTokens + token.PerMessage
	k.marker = "compaction"
	return k.b.PromptFrom(0, nil, k.head, k.user(p.Compaction.Summary.count(k.s)))
}
