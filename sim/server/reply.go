package server

import (
	"sync"

	"plimsoll/sim"
)

// reply is the mailbox between the driver and the handler that writes a reply.
// The driver never waits: tokens that a slow socket does not take pile up here.
type reply struct {
	mu     sync.Mutex
	tokens int // not taken yet
	cached int
	done   bool
	err    error
	wake   chan struct{} // holds one signal
}

func newReply() *reply { return &reply{wake: make(chan struct{}, 1)} }

func (r *reply) put(e sim.Emission) {
	r.mu.Lock()
	r.tokens += e.Tokens
	r.cached = e.Cached
	r.done = r.done || e.Done
	r.mu.Unlock()
	r.signal()
}

func (r *reply) fail(err error) {
	r.mu.Lock()
	r.err = err
	r.mu.Unlock()
	r.signal()
}

func (r *reply) signal() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// take empties the mailbox.
func (r *reply) take() (tokens, cached int, done bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	tokens, r.tokens = r.tokens, 0
	return tokens, r.cached, r.done, r.err
}

// tokenBytes is the length of a token's text.
const tokenBytes = 4

// mix hashes a number (the finaliser of splitmix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// appendTokens appends the text of n tokens from the i-th on: a space and three
// letters each, a hash of the request and the token's number.
func appendTokens(dst []byte, seed uint64, i, n int) []byte {
	for ; n > 0; n, i = n-1, i+1 {
		h := mix(seed + uint64(i))
		dst = append(dst, ' ', 'a'+byte(h%26), 'a'+byte(h>>16%26), 'a'+byte(h>>32%26))
	}
	return dst
}
