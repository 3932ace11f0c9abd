package agent

// golden is 2^64 divided by the golden ratio, the increment of splitmix64.
const golden = 0x9e3779b97f4a7c15

// mix is the finalizer of splitmix64 (Steele, Lea and Flood, "Fast splittable
// pseudorandom number generators", OOPSLA 2014, variant 13 of Stafford): a
// bijection of 64 bits in which each input bit moves each output bit with a
// probability near one half.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// hashText is FNV-1a with 64 bits.
func hashText(text string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := 0; i < len(text); i++ {
		h = (h ^ uint64(text[i])) * 0x100000001b3
	}
	return h
}

// Draw returns 64 random bits for one decision: a hash chained over the seed, the
// decision's purpose and its keys in order. Equal arguments give equal bits for
// ever; a draw never depends on how many draws were made before it.
func Draw(seed uint64, purpose string, keys ...uint64) uint64 {
	h := mix(mix(seed+golden) ^ hashText(purpose))
	for _, key := range keys {
		h = mix(h + golden ^ mix(key+golden))
	}
	return h
}

// uniform maps a draw to [0, 1): its upper 53 bits, all that a float64 holds.
func uniform(draw uint64) float64 { return float64(draw>>11) / (1 << 53) }

// below maps a draw to 0 .. n-1; its bias of n/2^53 does not matter here.
func below(draw uint64, n int) int { return int(uniform(draw) * float64(n)) }
