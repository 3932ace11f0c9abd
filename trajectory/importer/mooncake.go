package importer

import (
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"plimsoll"
)

// mooncake reads the request traces of Mooncake (FAST'25) and their superset by
// AIPerf: JSONL, a row a request, lengths and global block ids, optionally
// sessions, delays and texts.
func mooncake() Format {
	return Format{
		Name: "mooncake", Version: "Mooncake FAST25 release; AIPerf superset of 2026",
		About: "Mooncake traces and AIPerf's superset: lengths and block ids, or texts",
		is: func(h head) bool {
			v := h.first()
			return v.has("hash_ids", "input_length") || v.has("session_id", "input_length") || v.has("session_id", "text_input")
		},
		read: readMooncake,
	}
}

// mooncakeBlock is the number of tokens a hash id stands for.
const mooncakeBlock = 512

type mooncakeRow struct {
	Timestamp    float64        `json:"timestamp"` // ms
	InputLength  int            `json:"input_length"`
	OutputLength int            `json:"output_length"`
	HashIDs      blockIDs       `json:"hash_ids"`
	SessionID    string         `json:"session_id"`
	DelayMS      float64        `json:"delay"`
	TextInput    string         `json:"text_input"`
	Messages     []chatMessage  `json:"messages"`
	Tools        jsontext.Value `json:"tools"`
	Mode         string         `json:"message_mode"`
}

type mooncakeSession struct {
	id    string
	calls []shapeCall
	text  *walk // where the rows carry text
}

func readMooncake(in *input) ([]*plimsoll.Trajectory, error) {
	var sessions []*mooncakeSession
	byID := map[string]*mooncakeSession{}
	links := map[uint64]*mooncakeSession{} // sessions by the hash of their last prompt's full blocks
	linked := false
	err := in.eachLine(func(n int, line []byte) error {
		var row mooncakeRow
		if err := decode(line, &row); err != nil {
			return err
		}
		if err := row.check(); err != nil {
			return err
		}
		var s *mooncakeSession
		if row.SessionID != "" {
			s = byID[row.SessionID]
		} else {
			s = linkedSession(links, row.blocks())
			linked = true
		}
		if s == nil {
			s = &mooncakeSession{id: row.SessionID}
			if s.id == "" {
				s.id = fmt.Sprintf("%s-%06d", baseName(in.path), n)
			} else {
				byID[s.id] = s
			}
			sessions = append(sessions, s)
		}
		if err := s.row(&row); err != nil {
			return err
		}
		if row.SessionID == "" {
			links[blocksHash(row.blocks())] = s
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []*plimsoll.Trajectory
	for _, s := range sessions {
		out = append(out, s.trajectory(linked)...)
	}
	return out, nil
}

func (r *mooncakeRow) check() error {
	if err := checkSeconds("timestamp", r.Timestamp/1e3); err != nil {
		return err
	}
	if err := checkSeconds("delay", r.DelayMS/1e3); err != nil {
		return err
	}
	if r.InputLength < 0 || r.OutputLength < 0 || r.InputLength > 1<<30 || r.OutputLength > 1<<30 {
		return fmt.Errorf("input_length is %d and output_length %d; neither must be negative", r.InputLength, r.OutputLength)
	}
	if r.InputLength == 0 && r.TextInput == "" && len(r.Messages) == 0 {
		return fmt.Errorf("a row needs input_length, text_input or messages")
	}
	if len(r.HashIDs) > (r.InputLength+mooncakeBlock-1)/mooncakeBlock {
		return fmt.Errorf("%d hash_ids of %d tokens for a prompt of %d", len(r.HashIDs), mooncakeBlock, r.InputLength)
	}
	return nil
}

// blocks are the ids of the full blocks; the last id may stand for a part of one.
func (r *mooncakeRow) blocks() []uint64 {
	return r.HashIDs[:min(len(r.HashIDs), r.InputLength/mooncakeBlock)]
}

// linkedSession finds the session whose last prompt is a prefix of blocks: at
// least two blocks long, since a first block alone may be a system prompt.
func linkedSession(links map[uint64]*mooncakeSession, blocks []uint64) *mooncakeSession {
	for n := len(blocks); n >= 2; n-- {
		if s := links[blocksHash(blocks[:n])]; s != nil {
			delete(links, blocksHash(blocks[:n]))
			return s
		}
	}
	return nil
}

func blocksHash(blocks []uint64) uint64 {
	h := uint64(14695981039346656037)
	for _, b := range blocks {
		h = (h ^ b) * 1099511628211
		h ^= h >> 29
	}
	return h
}

func (s *mooncakeSession) row(r *mooncakeRow) error {
	at := inSeconds(r.Timestamp / 1e3)
	turn := plimsoll.Turn{PromptTokens: r.InputLength, OutputTokens: r.OutputLength, Delay: inSeconds(r.DelayMS / 1e3), Started: at, Ended: at}
	if r.TextInput != "" || len(r.Messages) > 0 {
		return s.textRow(r, turn)
	}
	if n := len(s.calls); n > 0 {
		turn.WaitFor = []int{n - 1}
	}
	s.calls = append(s.calls, shapeCall{turn, r.blocks()})
	return nil
}

// textRow adds a turn of a row with text: the new messages of the session, or all
// of them; its reply is known by its length only.
func (s *mooncakeSession) textRow(r *mooncakeRow, turn plimsoll.Turn) error {
	if s.text == nil {
		s.text = newWalk(s.id, "", "")
		schemas, err := toolSet(r.Tools)
		if err != nil {
			return err
		}
		s.text.schemas(schemas)
	}
	if r.TextInput != "" {
		s.text.say(plimsoll.User, plimsoll.KindUser, r.TextInput)
	}
	for i := range r.Messages {
		m, err := s.text.convert(&r.Messages[i])
		if err != nil {
			return fmt.Errorf("messages[%d]: %w", i, err)
		}
		s.text.input(m)
	}
	delay := turn.Delay
	if err := s.text.reply([]plimsoll.Segment{{Role: plimsoll.Assistant, Kind: plimsoll.KindText, Tokens: r.OutputLength}}, turn); err != nil {
		return err
	}
	s.text.b.T.Turns[len(s.text.b.T.Turns)-1].Delay = delay
	s.text.add = nil // the live reply's text is not recorded, so no later prompt holds it
	return nil
}

func (s *mooncakeSession) trajectory(linked bool) []*plimsoll.Trajectory {
	if s.text != nil {
		s.text.mark("replies", plimsoll.Missing)
		return s.text.end()
	}
	b := newShapes(s.id, mooncakeBlock)
	shapeFidelity(b.b.T, plimsoll.Missing)
	if linked {
		b.b.T.Fidelity["session"] = plimsoll.Derived
	}
	b.build(s.calls)
	return []*plimsoll.Trajectory{b.b.T}
}
