package measure

import "plimsoll"

// starved counts, for each tier of the stage, the agents that spent over half of
// the window waiting for a first token past the tier's limit. Waits of turns sent
// before the window count from the window's start.
func starved(e *plimsoll.Evidence, lists ...[]plimsoll.Row) {
	w := e.Window
	if w.End <= w.Start {
		return
	}
	late := make([]map[int32]plimsoll.Instant, len(e.Stage.Tiers))
	for i := range late {
		late[i] = map[int32]plimsoll.Instant{}
	}
	for _, rows := range lists {
		for i := range rows {
			r := &rows[i]
			if r.Primer || r.Sent == plimsoll.Never {
				continue
			}
			to := min(w.End, waitEnd(r, w.End))
			for k, tier := range e.Stage.Tiers {
				if from := max(w.Start, r.Sent.Add(tier.TTFT)-plimsoll.Instant(r.Connect)); to > from {
					late[k][r.Slot] += to - from
				}
			}
		}
	}
	for k, tier := range e.Stage.Tiers {
		count := 0
		for _, t := range late[k] {
			if 2*t > w.End-w.Start {
				count++
			}
		}
		e.Starved[tier.Name] = count
	}
}

// waitEnd is when the wait for the first token was over.
func waitEnd(r *plimsoll.Row, open plimsoll.Instant) plimsoll.Instant {
	switch {
	case r.FirstToken != plimsoll.Never:
		return r.FirstToken
	case r.End != plimsoll.Never:
		return r.End
	}
	return open
}
