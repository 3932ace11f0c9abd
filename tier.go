package plimsoll

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Tier is a service-level objective: P25 output speed at least SpeedTPS tokens/s
// and P95 TTFT at most TTFT.
type Tier struct {
	Name     string
	SpeedTPS float64
	TTFT     time.Duration
}

// TierSet is a versioned list of tiers, loosest first.
type TierSet struct {
	Name   string // "nvidia-blog-2026-06/deepseek-v4-pro"
	Source string
	Tiers  []Tier
}

// UnmarshalText reads "30tps/10s", optionally "name=30tps/10s".
func (t *Tier) UnmarshalText(text []byte) error {
	s := string(text)
	name, rest, named := strings.Cut(s, "=")
	if !named {
		rest = s
	}
	speed, limit, ok := strings.Cut(rest, "/")
	number, isSpeed := strings.CutSuffix(strings.TrimSpace(speed), "tps")
	if !ok || !isSpeed {
		return fmt.Errorf("tier %q: want SPEEDtps/TTFT, for example 30tps/10s", s)
	}
	tps, err := strconv.ParseFloat(number, 64)
	if err != nil || !(tps > 0) || tps > 1e6 {
		return fmt.Errorf("tier %q: speed %q is not a number of tokens/s above 0", s, number)
	}
	d, err := time.ParseDuration(strings.TrimSpace(limit))
	if err != nil || d <= 0 {
		return fmt.Errorf("tier %q: %q is not a time above 0, for example 10s", s, limit)
	}
	*t = Tier{Name: name, SpeedTPS: tps, TTFT: d}
	if !named {
		t.Name = t.String()
	}
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (t Tier) MarshalText() ([]byte, error) {
	if t.Name == "" || t.Name == t.String() {
		return []byte(t.String()), nil
	}
	return []byte(t.Name + "=" + t.String()), nil
}

// String returns the tier's limits, "30tps/10s".
func (t Tier) String() string {
	limit := t.TTFT.String()
	if t.TTFT%time.Second == 0 {
		limit = strconv.FormatInt(int64(t.TTFT/time.Second), 10) + "s"
	}
	return strconv.FormatFloat(t.SpeedTPS, 'f', -1, 64) + "tps/" + limit
}
