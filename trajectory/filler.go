package trajectory

import (
	"hash/fnv"
	"strings"

	"plimsoll"
)

// FillText gives the segments of a shape-only trajectory text of their recorded
// length, four bytes a token: words of three letters behind a space, each of which
// is one token in the common byte-level vocabularies too. A block's text depends
// on its identity alone, so two prompts that share k blocks share exactly those
// bytes; text without an identity depends on the trajectory and its place in it,
// and is shared with nothing else. It reports whether there was anything to fill,
// and then marks the text as derived. t must not be shared yet.
func FillText(t *plimsoll.Trajectory) bool {
	filled := false
	for i := range t.Segments {
		s := &t.Segments[i]
		if s.Text != "" || s.Tokens <= 0 {
			continue
		}
		filled = true
		var b strings.Builder
		b.Grow(4 * s.Tokens)
		left := s.Tokens
		for _, id := range s.Blocks {
			n := min(s.BlockSize, left)
			words(&b, id, n)
			left -= n
		}
		if left > 0 {
			h := fnv.New64a()
			h.Write([]byte(t.ID))
			words(&b, h.Sum64()^uint64(i+1)*0x9e3779b97f4a7c15, left)
		}
		s.Text = b.String()
	}
	if filled {
		if t.Fidelity == nil {
			t.Fidelity = map[string]plimsoll.Fidelity{}
		}
		t.Fidelity["text"] = plimsoll.Derived
	}
	return filled
}

// words appends n words, drawn by splitmix64 from seed.
func words(b *strings.Builder, seed uint64, n int) {
	state := seed
	for range n {
		state += 0x9e3779b97f4a7c15
		z := state
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		at := (z ^ z>>31) % (uint64(len(fillerWords)) / 3) * 3
		b.WriteByte(' ')
		b.WriteString(fillerWords[at : at+3])
	}
}

// fillerWords are common English words of three letters.
const fillerWords = "theandforareyounotbutallanycanhadherwasoneouroutdaygethashimhishownewnowoldsee" +
	"twowaywhodiditsletputsaysheusetopredendmanboybigsixtensetrunagoairactaddageartaskbadbagbedbitboxbuscarcutdiedogdryeareat" +
	"eyefarfeefewfitflyfungasgodguyhithoticeillinkjobkeykidlawlayleglidlielotlowmapmaymenmetmixnornutoddoffoilownpaypenperpop"
