package trajectory

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"plimsoll"
)

// commitmentFormat and revealFormat name the two public documents about a private
// set.
const (
	commitmentFormat = "plimsoll-commitment/1"
	revealFormat     = "plimsoll-reveal/1"
)

// Commitment is what is published of a private set: the root of a salted Merkle
// tree over its trajectories, their number, and aggregate statistics. It binds the
// owner to the set and tells nothing of any text, since every leaf has a salt of
// its own.
type Commitment struct {
	Format string `json:"format"`
	Root   string `json:"root"` // hex
	Count  int    `json:"count"`
	Stats  *Stats `json:"stats"`
}

// Reveal shows one trajectory of a committed set, with the proof that it is in it.
type Reveal struct {
	Format string   `json:"format"`
	Leaf   int      `json:"leaf"`
	Count  int      `json:"count"`
	Salt   string   `json:"salt"` // hex, of this leaf only
	Path   []string `json:"path"` // hex, sibling hashes from the leaf up
	Line   string   `json:"trajectory"`
}

type hash = [sha256.Size]byte

// tree is a Merkle tree as in RFC 6962: leaves and inner nodes are hashed with
// different first bytes, and a node without a sibling goes up as it is.
type tree struct{ levels [][]hash }

func newTree(leaves []hash) tree {
	t := tree{[][]hash{leaves}}
	for row := leaves; len(row) > 1; {
		var up []hash
		for i := 0; i < len(row); i += 2 {
			if i+1 < len(row) {
				up = append(up, inner(row[i], row[i+1]))
			} else {
				up = append(up, row[i])
			}
		}
		t.levels = append(t.levels, up)
		row = up
	}
	return t
}

func (t tree) root() hash { return t.levels[len(t.levels)-1][0] }

// path lists the siblings on the way from a leaf to the root.
func (t tree) path(leaf int) []string {
	var out []string
	for _, row := range t.levels[:len(t.levels)-1] {
		if sibling := leaf ^ 1; sibling < len(row) {
			out = append(out, hex.EncodeToString(row[sibling][:]))
		}
		leaf /= 2
	}
	return out
}

func inner(a, b hash) hash {
	return sha256.Sum256(append(append([]byte{1}, a[:]...), b[:]...))
}

func leafHash(salt, line []byte) hash {
	h := sha256.New()
	h.Write([]byte{0})
	h.Write(salt)
	h.Write(line)
	return hash(h.Sum(nil))
}

// leafSalt derives a leaf's salt from the set's secret, so that showing one tells
// nothing of the others.
func leafSalt(secret []byte, leaf int) []byte {
	m := hmac.New(sha256.New, secret)
	m.Write(binary.BigEndian.AppendUint64([]byte("plimsoll leaf"), uint64(leaf)))
	return m.Sum(nil)
}

// canonicalLines are the trajectories' lines in the native format, without ends.
func canonicalLines(ts []*plimsoll.Trajectory) ([][]byte, error) {
	lines := make([][]byte, len(ts))
	for i, t := range ts {
		var b bytes.Buffer
		if err := Write(&b, []*plimsoll.Trajectory{t}); err != nil {
			return nil, err
		}
		lines[i] = bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	}
	return lines, nil
}

func treeOf(secret []byte, lines [][]byte) tree {
	leaves := make([]hash, len(lines))
	for i, line := range lines {
		leaves[i] = leafHash(leafSalt(secret, i), line)
	}
	return newTree(leaves)
}

// Verify checks that r shows a trajectory of the set that c commits to.
func (c *Commitment) Verify(r *Reveal) error {
	if c.Format != commitmentFormat || r.Format != revealFormat {
		return fmt.Errorf("verify: formats are %.40q and %.40q; they must be %q and %q", c.Format, r.Format, commitmentFormat, revealFormat)
	}
	if r.Count != c.Count || r.Leaf < 0 || r.Leaf >= c.Count {
		return fmt.Errorf("verify: leaf %d of %d; the commitment is to %d", r.Leaf, r.Count, c.Count)
	}
	salt, err := hex.DecodeString(r.Salt)
	if err != nil {
		return fmt.Errorf("verify: salt is not hex: %w", err)
	}
	node, at, width, path := leafHash(salt, []byte(r.Line)), r.Leaf, r.Count, r.Path
	for ; width > 1; at, width = at/2, (width+1)/2 {
		if at^1 >= width {
			continue // no sibling
		}
		if len(path) == 0 {
			return fmt.Errorf("verify: the path is too short for %d leaves", r.Count)
		}
		sibling, err := hex.DecodeString(path[0])
		if err != nil || len(sibling) != sha256.Size {
			return fmt.Errorf("verify: the path holds what is no SHA-256")
		}
		path = path[1:]
		if at%2 == 0 {
			node = inner(node, hash(sibling))
		} else {
			node = inner(hash(sibling), node)
		}
	}
	if len(path) > 0 {
		return fmt.Errorf("verify: the path is too long for %d leaves", r.Count)
	}
	if got := hex.EncodeToString(node[:]); got != c.Root {
		return fmt.Errorf("verify: the trajectory is not leaf %d of this commitment: its root begins with %.16s, not %.16s", r.Leaf, got, c.Root)
	}
	return nil
}
