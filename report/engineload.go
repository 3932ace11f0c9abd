package report

import (
	"fmt"

	"plimsoll/result"
)

// engineColumns adds what the engine's own metrics said in each level's window.
func engineColumns(t *Table, levels []result.Level) {
	scraped := false
	for _, l := range levels {
		scraped = scraped || l.EngineLoad != nil
	}
	if !scraped {
		return
	}
	t.Head = append(t.Head, "Engine: running (max)", "Waiting (max)", "KV use (max)", "Prefix hits", "Tokens a step")
	for i, l := range levels {
		e := l.EngineLoad
		if e == nil {
			t.Rows[i] = append(t.Rows[i], "–", "–", "–", "–", "–")
			continue
		}
		t.Rows[i] = append(t.Rows[i], meanMax(e.RunningMean, e.RunningMax, 1, ""), meanMax(e.WaitingMean, e.WaitingMax, 1, ""),
			meanMax(e.KVUseMean, e.KVUseMax, 100, " %"), numberAs(e.HitRate, "%.1f %%", 100), numberAs(e.AcceptLength, "%.2f", 1))
	}
}

func meanMax(mean, most result.Number, scale float64, unit string) string {
	if !mean.Known() {
		return "–"
	}
	return fmt.Sprintf("%.1f (%.1f)%s", float64(mean)*scale, float64(most)*scale, unit)
}

func numberAs(v result.Number, format string, scale float64) string {
	if !v.Known() {
		return "–"
	}
	return fmt.Sprintf(format, float64(v)*scale)
}
