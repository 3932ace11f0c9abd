package simfleet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
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

// lay lays a trajectory's prompts out in blocks of tokens. Lengths are those
// that a live engine with the bytes4 tokenizer counts: for every message one token
// per four bytes of its text and salts, rounded up, and token.PerMessage for its
// frame; and the tool schemas.
func (l *library) lay(t *plimsoll.Trajectory, walkSalt bool) (layout, error) {
	out := layout{id: t.ID, prompts: make([]prompt, len(t.Turns))}
	tools, err := toolsOf(t)
	if err != nil {
		return layout{}, fmt.Errorf("trajectory %s: %w", t.ID, err)
	}
	texts := sheet{t: t, hashes: make([]uint64, len(t.Segments)), tools: tools}
	for i := range t.Segments {
		texts.hashes[i] = hashOf(&t.Segments[i])
	}
	var chains []*chain
	for i := range t.Turns {
		items, err := texts.items(&t.Turns[i])
		if err != nil {
			return layout{}, fmt.Errorf("trajectory %s turn %d: %w", t.ID, i, err)
		}
		salt(items, walkSalt)
		p := prompt{output: max(1, t.Turns[i].OutputTokens)}
		for _, it := range items {
			p.full += it.full()
			p.bare += it.bare()
		}
		p.blocks = p.full / l.block
		p.chain, chains = l.chainOf(chains, items)
		out.prompts[i] = p
	}
	return out, nil
}

// sheet is a trajectory with what its turns share.
type sheet struct {
	t      *plimsoll.Trajectory
	hashes []uint64 // of the segments' content
	tools  item
	buffer []item // of the turn before
}

// items splits a turn's prompt into messages, as dialects do, and puts the tool
// schemas after the first one, as the live engine does. Neighbours with one message
// number and role are a message; a tool result is always one of its own. The slice
// is used again.
func (h *sheet) items(turn *plimsoll.Turn) ([]item, error) {
	items := h.buffer[:0]
	var before *plimsoll.Segment
	for _, span := range turn.Prompt {
		for i := span.From; i < span.To; i++ {
			s := &h.t.Segments[i]
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
			m.hash = agent.Draw(h.hashes[i], "segment", m.hash)
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
	if h.tools.bytes > 0 {
		items = slices.Insert(items, 1, h.tools)
	}
	h.buffer = items
	return items, nil
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
		return item{hash: hashOf(s), bytes: compact.Len()}, nil
	}
	return item{}, nil
}

// hashOf hashes a segment's content.
func hashOf(s *plimsoll.Segment) uint64 {
	h := hashText(0, string(s.Role))
	h = hashText(h, string(s.Kind))
	h = hashText(h, s.Name)
	return hashText(h, s.Text)
}

// hashText hashes a text and its length onto what came before, eight bytes at a time.
func hashText(h uint64, text string) uint64 {
	h = mix(h + uint64(len(text)) + 1)
	for ; len(text) >= 8; text = text[8:] {
		h = mix(h ^ (uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24 |
			uint64(text[4])<<32 | uint64(text[5])<<40 | uint64(text[6])<<48 | uint64(text[7])<<56))
	}
	for i := range len(text) {
		h = mix(h ^ uint64(text[i])<<8)
	}
	return h
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
