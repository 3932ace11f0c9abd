package prompt

import (
	"encoding/binary"
	"math/bits"
)

const (
	tokenBytes   = 4 // the declared byte rule: a token is 4 bytes of text, rounded up a message
	headerTokens = 4 // what a message costs besides its text
	trailerBytes = headerTokens * tokenBytes
)

// chain turns a prompt into tokens and cumulative block identities. The prompt's
// stream is: first message, tools, further messages; each padded to whole tokens,
// each message followed by four tokens that stand for its role and its frame.
type chain struct {
	block  int    // bytes a block
	buf    []byte // bytes of the block that is not full yet
	ids    []uint64
	prev   uint64
	length int // bytes of the stream
}

func newChain(blockTokens int) chain {
	size := blockTokens * tokenBytes
	return chain{block: size, buf: make([]byte, 0, size)}
}

// write appends decoded text.
func (c *chain) write(p []byte) {
	c.length += len(p)
	if len(c.buf) > 0 {
		n := min(len(p), c.block-len(c.buf))
		c.buf = append(c.buf, p[:n]...)
		if p = p[n:]; len(c.buf) < c.block {
			return
		}
		c.full(c.buf)
		c.buf = c.buf[:0]
	}
	for len(p) >= c.block {
		c.full(p[:c.block])
		p = p[c.block:]
	}
	c.buf = append(c.buf, p...)
}

func (c *chain) full(block []byte) {
	c.prev = fold(block, c.prev)
	c.ids = append(c.ids, c.prev)
}

// pad fills up the token under way.
func (c *chain) pad() {
	const zeros = "\x00\x00\x00\x00"
	if rest := c.length % tokenBytes; rest > 0 {
		c.write([]byte(zeros[rest:]))
	}
}

// endMessage closes a message of the given role.
func (c *chain) endMessage(role []byte) {
	c.pad()
	var trailer [trailerBytes]byte
	trailer[0] = 0xff // no text holds this byte: frame and text cannot be confused
	copy(trailer[1:], role)
	c.write(trailer[:])
}

// endTools closes the tools' text.
func (c *chain) endTools() { c.pad() }

func (c *chain) tokens() int { return c.length / tokenBytes }

// sum identifies the whole prompt.
func (c *chain) sum() uint64 { return fold(c.buf, c.prev) }

// fold hashes p onto seed, eight bytes a round by multiply and fold.
func fold(p []byte, seed uint64) uint64 {
	const k0, k1 = 0x9e3779b97f4a7c15, 0xd6e8feb86659fd93
	h := seed ^ uint64(len(p))*k0
	for len(p) >= 8 {
		hi, lo := bits.Mul64(h^binary.LittleEndian.Uint64(p), k1)
		h = hi ^ lo + k0
		p = p[8:]
	}
	var tail [8]byte
	copy(tail[:], p)
	hi, lo := bits.Mul64(h^binary.LittleEndian.Uint64(tail[:]), k0)
	return hi ^ lo ^ h>>32
}
