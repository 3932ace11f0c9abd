package result

// Reading is what each entry carries at an output speed: the figures of its slowest
// tier that is at least so fast. Nothing is interpolated.
type Reading struct {
	SpeedTPS float64
	Tiers    []*EntryTier // one an entry; nil where no tier with a figure is that fast
}

// At reads the entries at a speed, tokens/s.
func At(entries []Entry, speed float64) Reading {
	r := Reading{SpeedTPS: speed, Tiers: make([]*EntryTier, len(entries))}
	for i := range entries {
		for n := range entries[i].Tiers {
			t := &entries[i].Tiers[n]
			if t.SpeedTPS < speed || t.PerAcc == nil && len(t.PerMW) == 0 {
				continue
			}
			if have := r.Tiers[i]; have == nil || t.SpeedTPS < have.SpeedTPS || t.SpeedTPS == have.SpeedTPS && t.TTFTs > have.TTFTs {
				r.Tiers[i] = t
			}
		}
	}
	return r
}

// Over returns entry i's figures over entry j's. SameTTFT says whether both tiers
// hold the same TTFT limit; where not, the ratio is not like for like.
func (r Reading) Over(i, j int) (s Side, sameTTFT bool) {
	s = Side{PerMWIndex: -1, Agents: none("no figure"), PerAcc: none("no figure"), PerMW: none("no figure")}
	if r.Tiers[i] == nil || r.Tiers[j] == nil {
		return s, false
	}
	s.Has, s.Tier = true, *r.Tiers[i]
	s.ratios(Side{Has: true, Tier: *r.Tiers[j]})
	return s, r.Tiers[i].TTFTs == r.Tiers[j].TTFTs
}
