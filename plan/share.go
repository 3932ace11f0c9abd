package plan

import (
	"fmt"
	"strconv"
	"strings"
)

// Share is a part of a whole, 0.05 for 5 %.
type Share float64

// UnmarshalText reads "5%" or "0.05".
func (s *Share) UnmarshalText(text []byte) error {
	number, percent := strings.CutSuffix(strings.TrimSpace(string(text)), "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if percent {
		v /= 100
	}
	if err != nil || !(v >= 0) || v > 100 {
		return fmt.Errorf("%q is no share: want for example 5%% or 0.05", text)
	}
	*s = Share(v)
	return nil
}

// String writes a percentage.
func (s Share) String() string { return strconv.FormatFloat(float64(s)*100, 'g', 4, 64) + "%" }

// MarshalText writes what UnmarshalText reads.
func (s Share) MarshalText() ([]byte, error) {
	return []byte(strconv.FormatFloat(float64(s), 'g', -1, 64)), nil
}

// Portion is one tier's share of the agents.
type Portion struct {
	Tier  string
	Share Share
}

// Mix is the shares of several tiers; they add up to 1.
type Mix []Portion

// UnmarshalText reads "20tps/10s=70%,60tps/5s=30%".
func (m *Mix) UnmarshalText(text []byte) error {
	var out Mix
	sum := 0.0
	for part := range strings.SplitSeq(string(text), ",") {
		at := strings.LastIndexByte(part, '=')
		if at < 1 {
			return fmt.Errorf("mix %q: want TIER=SHARE,TIER=SHARE, for example 20tps/10s=70%%,60tps/5s=30%%", text)
		}
		p := Portion{Tier: strings.TrimSpace(part[:at])}
		if err := p.Share.UnmarshalText([]byte(part[at+1:])); err != nil {
			return fmt.Errorf("mix of %s: %w", p.Tier, err)
		}
		if !(p.Share > 0) {
			return fmt.Errorf("mix of %s: the share must be above 0", p.Tier)
		}
		for _, other := range out {
			if other.Tier == p.Tier {
				return fmt.Errorf("mix names %s twice", p.Tier)
			}
		}
		sum += float64(p.Share)
		out = append(out, p)
	}
	if sum < 1-1e-9 || sum > 1+1e-9 {
		return fmt.Errorf("mix %q adds up to %.4g, not to 100%%", text, sum)
	}
	*m = out
	return nil
}

// Redundancy is how many units may fail while the promised agents are still
// carried. The failure unit is the scale unit; pools of different tiers have spares
// of their own, since a unit deployed for one does not serve another.
type Redundancy struct {
	Spare  int  // units a pool: 1 for N+1
	Double bool // 2N
}

// UnmarshalText reads none, N+1, N+2, ..., 2N.
func (r *Redundancy) UnmarshalText(text []byte) error {
	switch s := strings.ToUpper(string(text)); {
	case s == "NONE" || s == "N":
		*r = Redundancy{}
	case s == "2N":
		*r = Redundancy{Double: true}
	case strings.HasPrefix(s, "N+"):
		n, err := strconv.Atoi(s[2:])
		if err != nil || n < 1 || n > 1000 {
			return fmt.Errorf("redundancy %q: want N+1 to N+1000", text)
		}
		*r = Redundancy{Spare: n}
	default:
		return fmt.Errorf("redundancy %q: want none, N+1 or 2N", text)
	}
	return nil
}

// String writes what UnmarshalText reads.
func (r Redundancy) String() string {
	switch {
	case r.Double:
		return "2N"
	case r.Spare > 0:
		return "N+" + strconv.Itoa(r.Spare)
	}
	return "none"
}

// MarshalText writes what UnmarshalText reads.
func (r Redundancy) MarshalText() ([]byte, error) { return []byte(r.String()), nil }
