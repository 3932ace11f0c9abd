package slo

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"plimsoll"
)

// Delivery is what one endpoint gave to one agent at a time.
type Delivery struct {
	Endpoint string
	SpeedTPS float64 // P25 output speed
	TTFTs    float64 // P95 TTFT
}

// Proposal is a tier with the endpoints that it was taken from, slowest first.
type Proposal struct {
	Tier      plimsoll.Tier
	Endpoints []string
}

// apart is the ratio of two neighbouring speeds from which they belong to different
// tiers. Published serving speeds of one model cluster around providers' offers a
// factor of two or three apart (the tiers 20, 60 and 180 tokens/s of AA-AgentPerf,
// June 2026, were read off such clusters); half of the smaller gap tells them apart
// and keeps the spread inside an offer together.
const apart = 1.5

// Propose derives tiers from what endpoints deliver: speeds are sorted and split where
// neighbours lie 1.5 times apart; each group gives one tier that all its endpoints meet,
// its slowest P25 speed rounded down and its longest P95 TTFT rounded up to 1, 1.5, 2,
// 3, 4, 5, 6 or 8 times a power of ten. Loosest first.
func Propose(seen []Delivery) ([]Proposal, error) {
	if len(seen) == 0 {
		return nil, errors.New("propose tiers: no endpoint delivered anything")
	}
	ordered := slices.Clone(seen)
	for _, d := range ordered {
		if !(d.SpeedTPS > 0) || !(d.TTFTs > 0) || math.IsInf(d.SpeedTPS, 0) || math.IsInf(d.TTFTs, 0) {
			return nil, fmt.Errorf("propose tiers: endpoint %s: speed %g tokens/s and TTFT %g s must be finite and above 0", d.Endpoint, d.SpeedTPS, d.TTFTs)
		}
	}
	slices.SortStableFunc(ordered, func(a, b Delivery) int { return cmp.Compare(a.SpeedTPS, b.SpeedTPS) })
	var out []Proposal
	for from := 0; from < len(ordered); {
		to := from + 1
		for to < len(ordered) && ordered[to].SpeedTPS < apart*ordered[to-1].SpeedTPS {
			to++
		}
		out = append(out, proposal(ordered[from:to]))
		from = to
	}
	return out, nil
}

func proposal(group []Delivery) Proposal {
	longest := 0.0
	var p Proposal
	for _, d := range group {
		longest = max(longest, d.TTFTs)
		p.Endpoints = append(p.Endpoints, d.Endpoint)
	}
	p.Tier = plimsoll.Tier{
		SpeedTPS: roundDown(group[0].SpeedTPS),
		TTFT:     time.Duration(math.Round(roundUp(longest)*1e9)) * time.Nanosecond,
	}
	p.Tier.Name = p.Tier.String()
	return p
}

// steps are the values that a limit may take in each power of ten.
func steps() []float64 { return []float64{1, 1.5, 2, 3, 4, 5, 6, 8, 10} }

func roundDown(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	best := power
	for _, s := range steps() {
		if s*power <= v {
			best = s * power
		}
	}
	return best
}

func roundUp(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, s := range steps() {
		if s*power >= v {
			return s * power
		}
	}
	return 10 * power
}
