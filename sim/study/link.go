package study

import "fmt"

// link is one kind of link that prompts wait for: those that read an offload tier back,
// or the network ports between two stages.
type link struct {
	by    string  // of the limit
	what  string  // that goes over them
	mean  float64 // share of what they carry that is asked for
	share float64 // the same of the busiest one: who waits for it waits for it alone
	count int
	rate  float64 // of one, B/s
	alone float64 // s for the mean context over an idle one
	lift  string  // beside more bandwidth
}

// slow is the share of the TTFT limit that a context alone may take over a link before
// that is called the limit, where the link is in use at all.
const slow, used = 0.5, 0.05

// links are those of the deployment, with what the level asked of them.
func (s strain) links() (out []link) {
	for i, t := range s.shape.Offload {
		first := s.deployment.Serve[0]
		l := link{by: t.Name + " link", what: "reads from the tier " + t.Name, rate: t.Bandwidth.Value, lift: "a larger KV pool, or fewer bytes a token"}
		for _, e := range s.deployment.Serve {
			l.count += max(1, e.Ranks)
		}
		if i < len(s.use.Reading) {
			l.mean, l.share = s.use.Reading[i].Mean, s.use.Reading[i].Busiest
		}
		l.alone = float64(s.level.MeanInput) / float64(first.BlockTokens) * first.Offload[i].BlockSeconds
		out = append(out, l)
	}
	if len(s.deployment.Decode) == 0 {
		return out
	}
	l := link{by: "network", what: "KV caches on their way to the engines that decode", rate: s.shape.Network.TransferRate.Value, lift: "fewer bytes a token, or engines that serve whole requests"}
	in := 0
	for _, e := range s.deployment.Serve {
		l.count += e.Ports
	}
	for _, e := range s.deployment.Decode {
		in += e.Ports
	}
	l.count = min(l.count, in)
	l.mean = s.use.Sending / float64(l.count)
	l.share = l.mean
	l.alone = float64(s.level.MeanInput) * s.deployment.TransferPerToken
	return append(out, l)
}

// link returns the limit that a link is, the busiest one where several would be; false
// where none is. Prompts that need more of their engines than of the links wait for
// the engines.
func (s strain) link() (out Limit, _ bool) {
	most := s.promptShare()
	for _, l := range s.links() {
		if l.share >= busy && l.share > most || l.share > used && l.alone > slow*s.tier.TTFTs {
			most, out = max(most, l.share), l.limit(s)
		}
	}
	return out, out.By != ""
}

func (l link) limit(s strain) Limit {
	times, that := l.share/busy, fmt.Sprintf("%s at %.0f %% use", many(float64(s.level.Agents), "agent"), busy*100)
	if late := l.alone / (slow * s.tier.TTFTs); late > times {
		times, that = late, fmt.Sprintf("a context within %g s", slow*s.tier.TTFTs)
	}
	peak := ""
	if l.share > l.mean {
		peak = fmt.Sprintf(", of the busiest for %.0f %%", l.share*100)
	}
	return Limit{
		By: l.by,
		Why: fmt.Sprintf("%s ask for %.3g GB/s of the %.3g GB/s of %s (%.0f %%)%s; a context of %.1fK tokens takes %.2g s over one",
			l.what, l.mean*float64(l.count)*l.rate/1e9, float64(l.count)*l.rate/1e9, many(float64(l.count), "link"), l.mean*100, peak, float64(s.level.MeanInput)/1e3, l.alone),
		Lift: fmt.Sprintf("%.2f times the bandwidth for %s, %s", times, that, l.lift),
	}
}
