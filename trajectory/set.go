package trajectory

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"plimsoll"
	"plimsoll/token"
)

// Set is a named collection of trajectories that a run replays. It is immutable
// and shared by all agents.
type Set struct {
	Name         string
	Trajectories []*plimsoll.Trajectory
	SHA256       string // hex, over the canonical JSONL form (Write's bytes, not compressed)
	Synthetic    bool   // every trajectory was drawn by a generator
	Basis        string // token basis of all counts; "mixed" where they differ
	Notes        []string
}

// NewSet makes a set of ts. With a counter it counts every text in the counter's
// basis (trajectories without text keep their recorded lengths); with nil it keeps
// the counts that came with them. It settles which scaffold is really shared, and
// refuses what SetProblems finds. ts must not be used by anybody else yet.
func NewSet(name string, ts []*plimsoll.Trajectory, c token.Counter) (*Set, error) {
	if len(ts) == 0 {
		return nil, fmt.Errorf("trajectories %s: there is none; give a file that holds at least one", name)
	}
	if p := SetProblems(ts); len(p) > 0 {
		return nil, fmt.Errorf("trajectories %s: %s (and %d more problems; `plimsoll trajectories check` lists all)", name, p[0], len(p)-1)
	}
	s := &Set{Name: name, Trajectories: ts, Synthetic: true, Basis: ts[0].TokenBasis}
	for _, t := range ts {
		if c != nil && HasText(t) {
			token.Fill(c, t)
		}
	}
	settleScaffold(ts)
	for i, t := range ts {
		s.Synthetic = s.Synthetic && t.Source.Format == "synth"
		if i == 0 {
			s.Basis = t.TokenBasis
		} else if s.Basis != t.TokenBasis {
			s.Basis = "mixed"
		}
	}
	sum := sha256.New()
	if err := Write(sum, ts); err != nil {
		return nil, fmt.Errorf("trajectories %s: %w", name, err)
	}
	s.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return s, nil
}

// HasText reports whether t is a full-text trajectory: some segment has text.
func HasText(t *plimsoll.Trajectory) bool {
	for i := range t.Segments {
		if t.Segments[i].Text != "" {
			return true
		}
	}
	return false
}

// Turns returns the number of turns of all trajectories.
func (s *Set) Turns() int {
	n := 0
	for _, t := range s.Trajectories {
		n += len(t.Turns)
	}
	return n
}

// Facts describes the set without its text. The means are turn-weighted, over the
// turns whose count is known; uncached is what an ideal prefix cache leaves to
// compute: prompts against earlier prompts of their trajectory only, the scaffold
// always cached, first turns included.
func (s *Set) Facts() plimsoll.SetFacts {
	f := plimsoll.SetFacts{Name: s.Name, Count: len(s.Trajectories), Turns: s.Turns(), SHA256: s.SHA256, Synthetic: s.Synthetic, Basis: s.Basis}
	var input, cached, output, prompts, replies float64
	for _, t := range s.Trajectories {
		hits := IdealCached(t)
		for i := range t.Turns {
			if n := t.Turns[i].PromptTokens; n > 0 {
				prompts++
				input += float64(n)
				cached += float64(hits[i])
			}
			if n := t.Turns[i].OutputTokens; n > 0 {
				replies++
				output += float64(n)
			}
		}
	}
	if prompts > 0 {
		f.Input, f.Uncached = input/prompts, (input-cached)/prompts
	}
	if replies > 0 {
		f.Output = output / replies
	}
	return f
}

// settleScaffold keeps Scaffold only where it is true: the leading segments of a
// trajectory that stand, byte for byte, in another one too. A lone trajectory
// keeps its scaffold: it is shared by its own walks.
func settleScaffold(ts []*plimsoll.Trajectory) {
	if len(ts) < 2 {
		return
	}
	// seen counts trajectories by the hash of their first k segments.
	seen := map[[sha256.Size]byte]int{}
	keys := make([][][sha256.Size]byte, len(ts))
	for i, t := range ts {
		h := sha256.New()
		for _, s := range t.Segments[:t.Scaffold] {
			fmt.Fprintf(h, "%s %s %d %v\n", s.Role, s.Kind, len(s.Text), s.Blocks)
			h.Write([]byte(s.Text))
			key := [sha256.Size]byte(h.Sum(nil))
			keys[i] = append(keys[i], key)
			seen[key]++
		}
	}
	for i, t := range ts {
		n := 0
		for n < len(keys[i]) && seen[keys[i][n]] > 1 {
			n++
		}
		t.Scaffold = n
	}
}
