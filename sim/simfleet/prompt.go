package simfleet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"

	"plimsoll"
	"plimsoll/agent"
	"plimsoll/token"
)

// item is one message of a prompt, or the tool schemas.
type item struct {
	hash  uint64 // of the content
	bytes int    // of text, without salts
	frame int    // tokens besides the text
	salts int    // that stand at its start
	walk  bool   // one of them is the walk salt
}

// bare is the item's length in tokens of the bytes4 basis without salts, full with.
func (i item) bare() int { return bytes4(i.bytes) + i.frame }
func (i item) full() int { return bytes4(i.bytes+i.salts*agent.SaltLen) + i.frame }

func bytes4(bytes int) int { return (bytes + 3) / 4 }

// prompt is what one turn sends: the first blocks of a chain.
type prompt struct {
	chain  *chain
	blocks int
	full   int // tokens with salts
	bare   int // without
	output int // recorded, at least 1
}

// layout holds a trajectory's prompts.
type layout struct {
	id      string
	prompts []prompt
}

// lay lays a trajectory's prompts out in blocks of so many tokens. Lengths are those
// that a live engine with the bytes4 tokenizer counts: for every message one token
// per four bytes of its text and salts, rounded up, and token.PerMessage for its
// frame; and the tool schemas.
func lay(t *plimsoll.Trajectory, block int, walkSalt bool) (layout, error) {
	out := layout{id: t.ID, prompts: make([]prompt, len(t.Turns))}
	var chains []*chain
	for i := range t.Turns {
		items, err := itemsOf(t, &t.Turns[i])
		if err != nil {
			return layout{}, fmt.Errorf("trajectory %s turn %d: %w", t.ID, i, err)
		}
		salt(items, walkSalt)
		p := prompt{output: max(1, t.Turns[i].OutputTokens)}
		for _, it := range items {
			p.full += it.full()
			p.bare += it.bare()
		}
		p.blocks = p.full / block
		p.chain, chains = chainOf(chains, items, block)
		out.prompts[i] = p
	}
	return out, nil
}

// itemsOf splits a turn's prompt into messages, as dialects do, and puts the tool
// schemas after the first one, as the live engine does. Neighbours with one message
// number and role are a message; a tool result is always one of its own.
func itemsOf(t *plimsoll.Trajectory, turn *plimsoll.Turn) ([]item, error) {
	var items []item
	var before *plimsoll.Segment
	for _, span := range turn.Prompt {
		for i := span.From; i < span.To; i++ {
			s := &t.Segments[i]
			if s.Kind == plimsoll.KindTools {
				continue
			}
			if s.Text == "" && len(s.Blocks) > 0 {
				return nil, fmt.Errorf("segment %d has no text: fill a shape-only trajectory first", i)
			}
			if before == nil || before.Message != s.Message || before.Role != s.Role ||
				before.Kind == plimsoll.KindToolResult || s.Kind == plimsoll.KindToolResult {
				items = append(items, item{frame: token.PerMessage, walk: s.Role == plimsoll.User})
			}
			m := &items[len(items)-1]
			m.hash = hashOf(s, m.hash)
			m.bytes += len(s.Text)
			if s.Kind == plimsoll.KindToolCall {
				m.bytes += len(s.Name)
			}
			before = s
		}
	}
	if len(items) == 0 {
		return nil, errors.New("prompt is empty")
	}
	tools, err := toolsOf(t)
	if err != nil || tools.bytes == 0 {
		return items, err
	}
	return slices.Insert(items, 1, tools), nil
}

// toolsOf returns the tool schemas, which are sent without white space.
func toolsOf(t *plimsoll.Trajectory) (item, error) {
	for i := range t.Segments {
		s := &t.Segments[i]
		if s.Kind != plimsoll.KindTools || s.Text == "" {
			continue
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, []byte(s.Text)); err != nil {
			return item{}, fmt.Errorf("segment %d: tools: %w", i, err)
		}
		return item{hash: hashOf(s, 0), bytes: compact.Len()}, nil
	}
	return item{}, nil
}

// hashOf hashes a segment's content onto what came before it in its message.
func hashOf(s *plimsoll.Segment, before uint64) uint64 {
	h := fnv.New64a()
	for _, part := range []string{string(s.Role), string(s.Kind), s.Name, s.Text} {
		_, _ = h.Write([]byte(part))
		_, _ = h.Write([]byte{0})
	}
	return agent.Draw(h.Sum64(), "segment", before)
}

// salt marks where the salts stand: the level salt at the start of the first
// message, the walk salt at the start of the first user message.
func salt(items []item, walkSalt bool) {
	level, walk := false, !walkSalt
	for i := range items {
		m := &items[i]
		user := m.walk
		m.walk = false
		if m.frame == 0 {
			continue // tool schemas
		}
		if !level {
			m.salts, level = 1, true
		}
		if user && !walk {
			m.salts++
			m.walk, walk = true, true
		}
	}
}
