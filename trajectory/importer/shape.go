package importer

import (
	"hash/fnv"
	"slices"

	"plimsoll"
	"plimsoll/trajectory"
)

// shapes builds shape-only trajectories: prompts that are lists of block
// identities. A segment is a run of blocks that always stood together, so a prompt
// is cut only where some other prompt parts from it.
type shapes struct {
	b    *trajectory.Builder
	size int // tokens a block
}

func newShapes(id string, blockSize int) *shapes {
	return &shapes{b: trajectory.NewBuilder(id), size: blockSize}
}

// shapeCall is one call of a shape-only recording: its turn with lengths and
// times, and the identities of its prompt's full blocks.
type shapeCall struct {
	turn   plimsoll.Turn
	blocks []uint64
}

// shapeFidelity marks what lengths and block identities cannot tell.
func shapeFidelity(t *plimsoll.Trajectory, timing plimsoll.Fidelity) {
	t.TokenBasis = "recorded"
	t.Fidelity = map[string]plimsoll.Fidelity{
		"system": plimsoll.Missing, "tools": plimsoll.Missing, "text": plimsoll.Missing, "roles": plimsoll.Missing,
		"tokens": plimsoll.Exact, "timing": timing, "reasoning": plimsoll.Missing,
	}
}

// privateBlocks names a trace's own block ids so that they differ from those of
// every other trace.
func privateBlocks(scope string, ids []uint64) []uint64 {
	h := fnv.New64a()
	h.Write([]byte(scope))
	seed := h.Sum64()
	out := make([]uint64, len(ids))
	for i, id := range ids {
		x := seed ^ (id+1)*0x9e3779b97f4a7c15
		x = (x ^ x>>32) * 0xd6e8feb86659fd93
		out[i] = x ^ x>>32
	}
	return out
}

// build cuts the calls' prompts into segments and appends their turns. The calls
// must be in order; turn.Branch and WaitFor are taken as they are.
//
// Two prompts that share their first k blocks share exactly the segments that
// cover them: every prompt ends a segment where it parts from another one. What is
// behind the last full block belongs to no identity and is a segment of its own.
func (s *shapes) build(calls []shapeCall) {
	t := newTrie()
	for i := range calls {
		t.insert(calls[i].blocks)
	}
	for i := range calls {
		c := &calls[i]
		var prompt []plimsoll.Span
		for _, node := range t.path(c.blocks) {
			if node.segment < 0 {
				node.segment = len(s.b.T.Segments)
				s.add(plimsoll.Segment{Tokens: len(node.blocks) * s.size, Blocks: node.blocks, BlockSize: s.size})
			}
			prompt = trajectory.Join(prompt, plimsoll.Span{From: node.segment, To: node.segment + 1})
		}
		if rest := c.turn.PromptTokens - len(c.blocks)*s.size; rest > 0 || len(prompt) == 0 {
			prompt = trajectory.Join(prompt, s.add(plimsoll.Segment{Tokens: max(rest, 0)}))
		}
		c.turn.Prompt = slices.Clip(prompt)
		c.turn.Output = []plimsoll.Span{s.b.Add(trajectory.Message{{
			Role: plimsoll.Assistant, Kind: plimsoll.KindText, Tokens: c.turn.OutputTokens,
		}})}
		s.b.Turn(c.turn)
	}
}

// add stores a segment of unknown kind as a user message of its own.
func (s *shapes) add(segment plimsoll.Segment) plimsoll.Span {
	segment.Role, segment.Kind = plimsoll.User, plimsoll.KindUser
	return s.b.Add(trajectory.Message{segment})
}

// trie is a radix tree over block identities.
type trie struct{ root trieNode }

type trieNode struct {
	blocks  []uint64
	segment int
	next    map[uint64]*trieNode
}

func newTrie() *trie { return &trie{trieNode{next: map[uint64]*trieNode{}}} }

func (t *trie) insert(blocks []uint64) {
	at := &t.root
	for len(blocks) > 0 {
		child := at.next[blocks[0]]
		if child == nil {
			at.next[blocks[0]] = &trieNode{blocks: blocks, segment: -1, next: map[uint64]*trieNode{}}
			return
		}
		n := common(child.blocks, blocks)
		if n < len(child.blocks) {
			child.split(n)
		}
		at, blocks = child, blocks[n:]
	}
	// The prompt ends inside of the tree: whoever goes on begins a new node, as
	// every node ends where its blocks do.
}

// split cuts a node behind its first n blocks.
func (n *trieNode) split(at int) {
	tail := &trieNode{blocks: n.blocks[at:], segment: -1, next: n.next}
	n.blocks = n.blocks[:at:at]
	n.next = map[uint64]*trieNode{tail.blocks[0]: tail}
}

func (t *trie) path(blocks []uint64) []*trieNode {
	var out []*trieNode
	at := &t.root
	for len(blocks) > 0 {
		at = at.next[blocks[0]]
		out = append(out, at)
		blocks = blocks[len(at.blocks):]
	}
	return out
}

func common(a, b []uint64) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
