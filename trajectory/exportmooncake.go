package trajectory

import (
	"encoding/binary"
	"hash/fnv"
	"io"
	"math"

	"plimsoll"
)

// mooncakeBlock is the number of tokens a hash id stands for.
const mooncakeBlock = 512

type mooncakeRow struct {
	Timestamp float64  `json:"timestamp"` // ms
	SessionID string   `json:"session_id"`
	Delay     float64  `json:"delay"` // ms
	Input     int      `json:"input_length"`
	Output    int      `json:"output_length"`
	HashIDs   []uint64 `json:"hash_ids"`
}

// exportMooncake writes a row a turn with the identities of its prompt's full
// blocks, numbered in the order of first appearance. A block's identity is the
// content of everything up to its end, also across trajectories.
func exportMooncake(w io.Writer, ts []*plimsoll.Trajectory) error {
	numbers := map[[2]uint64]uint64{}
	for _, t := range ts {
		hashes := contentHashes(t)
		for i := range t.Turns {
			turn := &t.Turns[i]
			row := mooncakeRow{
				Timestamp: math.Round(turn.Started.Seconds() * 1e3), SessionID: t.ID, Delay: turn.Delay.Seconds() * 1e3,
				Input: turn.PromptTokens, Output: turn.OutputTokens, HashIDs: []uint64{},
			}
			for _, key := range prefixKeys(t, hashes, turn) {
				number, known := numbers[key]
				if !known {
					number = uint64(len(numbers))
					numbers[key] = number
				}
				row.HashIDs = append(row.HashIDs, number)
			}
			if err := writeRow(w, row); err != nil {
				return err
			}
		}
	}
	return nil
}

// contentHashes hashes each segment's content.
func contentHashes(t *plimsoll.Trajectory) []uint64 {
	out := make([]uint64, len(t.Segments))
	for i := range t.Segments {
		s := &t.Segments[i]
		h := fnv.New64a()
		h.Write([]byte(s.Role + "\x00" + plimsoll.Role(s.Kind) + "\x00" + plimsoll.Role(s.Name) + "\x00"))
		h.Write([]byte(s.Text))
		for _, b := range s.Blocks {
			h.Write(binary.LittleEndian.AppendUint64(nil, b))
		}
		if s.Text == "" && len(s.Blocks) == 0 { // lengths only: shared with nothing else
			h.Write([]byte(t.ID))
			h.Write(binary.LittleEndian.AppendUint64(nil, uint64(i)))
		}
		out[i] = h.Sum64()
	}
	return out
}

// prefixKeys names the full blocks of a turn's prompt: the chain of the segments
// that end before the block does, and how far it reaches into the next one.
func prefixKeys(t *plimsoll.Trajectory, hashes []uint64, turn *plimsoll.Turn) [][2]uint64 {
	var keys [][2]uint64
	chain, at, next := uint64(0), 0, mooncakeBlock
	walk := func(i int) {
		size := t.Segments[i].Tokens
		chain = (chain ^ hashes[i]) * 0x9e3779b97f4a7c15
		chain ^= chain >> 29
		for ; next <= at+size && next <= turn.PromptTokens; next += mooncakeBlock {
			keys = append(keys, [2]uint64{chain, uint64(next - at)})
		}
		at += size
	}
	for i := range t.Segments {
		if t.Segments[i].Kind == plimsoll.KindTools {
			walk(i)
		}
	}
	for _, span := range turn.Prompt {
		for i := span.From; i < span.To; i++ {
			if t.Segments[i].Kind != plimsoll.KindTools {
				walk(i)
			}
		}
	}
	return keys
}
