package profile

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A pool in words: [COUNTx]tpN[dpN][epN][ppN] or [COUNTx]depN[ppN].
var poolWords = regexp.MustCompile(`^(?:(\d{1,4})x)?(?:dep(\d{1,4})|tp(\d{1,4})(?:dp(\d{1,4}))?(?:ep(\d{1,4}))?)(?:pp(\d{1,4}))?$`)

// ParseLayout reads a layout in words: "tp8" is one engine of tensor parallelism 8,
// "2xtp4" two of 4, "dep8" one whose 8 attention ranks share experts spread over all
// 8, "tp2dp4ep8" and "tp8pp2" what they say; "4xdep8+dep40" are four engines for prompts
// and one for decoding.
func ParseLayout(text string) ([]Pool, error) {
	stages := strings.Split(text, "+")
	if len(stages) > 2 {
		return nil, fmt.Errorf("layout %q has %d stages, want one, or prompts+decoding", text, len(stages))
	}
	var pools []Pool
	for i, stage := range stages {
		m := poolWords.FindStringSubmatch(stage)
		if m == nil {
			return nil, fmt.Errorf("layout %q: %q is not [COUNTx]tpN[dpN][epN][ppN] or [COUNTx]depN[ppN], for example tp8, 2xtp4 or 4xdep8+dep40", text, stage)
		}
		pool := Pool{Role: "serve", Count: width(m[1]), Layout: Layout{TP: width(m[3]), DP: width(m[4]), EP: width(m[5]), PP: width(m[6])}}
		if m[2] != "" {
			pool.Layout.DP, pool.Layout.EP = width(m[2]), width(m[2])
		}
		if i == 1 {
			pool.Role = "decode"
		}
		if l := pool.Layout; pool.Count*l.TP*l.DP*l.EP*l.PP == 0 {
			return nil, fmt.Errorf("layout %q: %q has a 0, want widths and counts of at least 1", text, stage)
		}
		pools = append(pools, pool)
	}
	return pools, nil
}

// width reads what the pattern let through; nothing said is 1.
func width(digits string) int {
	if digits == "" {
		return 1
	}
	n, _ := strconv.Atoi(digits) // at most four digits
	return n
}

// Words writes the profile's layout as ParseLayout reads it.
func (p *Profile) Words() string {
	stages := map[string][]string{}
	for _, pool := range p.pools() {
		words := pool.Layout.words()
		if pool.Count > 1 {
			words = fmt.Sprintf("%dx%s", pool.Count, words)
		}
		stages[pool.Role] = append(stages[pool.Role], words)
	}
	all := strings.Join(stages["serve"], ",")
	if decode := stages["decode"]; len(decode) > 0 {
		all += "+" + strings.Join(decode, ",")
	}
	return all
}

func (l Layout) words() string {
	r := l.roofline()
	out := fmt.Sprintf("tp%d", r.TP)
	switch {
	case r.TP == 1 && r.DP == r.EP && r.EP > 1:
		out = fmt.Sprintf("dep%d", r.EP)
	default:
		for _, w := range []struct {
			name string
			n    int
		}{{"dp", r.DP}, {"ep", r.EP}} {
			if w.n > 1 {
				out += fmt.Sprintf("%s%d", w.name, w.n)
			}
		}
	}
	if r.PP > 1 {
		out += fmt.Sprintf("pp%d", r.PP)
	}
	return out
}
