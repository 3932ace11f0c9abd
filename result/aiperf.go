package result

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"plimsoll"
	"plimsoll/measure"
)

// Foreign is one measurement of another tool at a fixed number of users, as far as
// its file tells.
type Foreign struct {
	Tool     string
	Model    string
	Date     string // 2006-01-02, "" unknown
	Agents   int    // 0 the file does not say
	Turns    int
	Failed   int
	SpeedTPS float64 // P25 over turns, the tool's own per-user speed
	TTFTs    float64 // P95; +Inf where failed turns reach into it
	Lacks    []string
}

// aiperfStat is one metric of a summary (JsonMetricResult of AIPerf 0.13).
type aiperfStat struct {
	Unit string   `json:"unit"`
	Avg  *float64 `json:"avg"`
	P25  *float64 `json:"p25"`
	P95  *float64 `json:"p95"`
}

// ReadAIPerf reads what AIPerf 0.13 exports: profile_export_aiperf.json (the summary)
// or profile_export.jsonl (a record a request, failed ones with an error). The
// records are better: the summary's percentiles are over the requests that survived.
func ReadAIPerf(r io.Reader) (Foreign, error) {
	data, err := io.ReadAll(io.LimitReader(r, 1<<30))
	if err != nil {
		return Foreign{}, fmt.Errorf("aiperf: %w", err)
	}
	var probe struct {
		Metrics json.RawMessage `json:"metrics"`
	}
	first, _, _ := bytes.Cut(bytes.TrimSpace(data), []byte("\n"))
	if json.Unmarshal(first, &probe) == nil && len(probe.Metrics) > 0 {
		return aiperfRecords(data)
	}
	return aiperfSummary(data)
}

func aiperfSummary(data []byte) (Foreign, error) {
	var s struct {
		Version string          `json:"aiperf_version"`
		Count   *aiperfStat     `json:"request_count"`
		Failed  *aiperfStat     `json:"error_request_count"`
		TTFT    *aiperfStat     `json:"time_to_first_token"`
		Speed   *aiperfStat     `json:"output_token_throughput_per_user"`
		Input   json.RawMessage `json:"input_config"`
		Start   string          `json:"start_time"`
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return Foreign{}, fmt.Errorf("aiperf summary: %w", err)
	}
	if s.TTFT == nil || s.Speed == nil || s.TTFT.P95 == nil || s.Speed.P25 == nil {
		return Foreign{}, errors.New("aiperf summary: want time_to_first_token.p95 and output_token_throughput_per_user.p25, as profile_export_aiperf.json of a streaming run has them")
	}
	scale, err := secondsOf(s.TTFT.Unit)
	if err != nil {
		return Foreign{}, err
	}
	f := Foreign{Tool: "AIPerf " + s.Version, SpeedTPS: *s.Speed.P25, TTFTs: *s.TTFT.P95 * scale, Agents: concurrencyIn(s.Input), Model: modelIn(s.Input)}
	f.Turns, f.Failed = countOf(s.Count)+countOf(s.Failed), countOf(s.Failed)
	if len(s.Start) >= 10 {
		f.Date = s.Start[:10]
	}
	f.Lacks = append(aiperfLacks(), "failed requests: its percentiles are over the requests that survived")
	return f, f.validate()
}

func aiperfLacks() []string {
	return []string{
		"rows in our form, so nothing can be recomputed", "the client's own lateness", "a search: one fixed number of users",
		"an interval", "speed after the first chunk: its per-user speed is 1 / inter-token latency",
	}
}

func countOf(s *aiperfStat) int {
	if s == nil || s.Avg == nil {
		return 0
	}
	return int(*s.Avg)
}

// secondsOf returns what one of the unit is in s.
func secondsOf(unit string) (float64, error) {
	switch unit {
	case "ns", "nanoseconds":
		return 1e-9, nil
	case "us", "microseconds":
		return 1e-6, nil
	case "ms", "milliseconds":
		return 1e-3, nil
	case "s", "sec", "seconds":
		return 1, nil
	}
	return 0, fmt.Errorf("aiperf: unit %q of time_to_first_token is not known: want ns, us, ms or s", unit)
}

// aiperfRecords reads a record a line.
func aiperfRecords(data []byte) (Foreign, error) {
	type value struct {
		Value json.RawMessage `json:"value"`
		Unit  string          `json:"unit"`
	}
	f := Foreign{Tool: "AIPerf", Lacks: aiperfLacks()}
	var speeds, ttfts []float64
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 64<<20)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var row struct {
			Metrics map[string]value `json:"metrics"`
			Error   json.RawMessage  `json:"error"`
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			return Foreign{}, fmt.Errorf("aiperf records: line %d: %w", n, err)
		}
		f.Turns++
		if len(row.Error) > 0 && string(row.Error) != "null" {
			f.Failed++
			speeds, ttfts = append(speeds, 0), append(ttfts, math.Inf(1))
			continue
		}
		if v, ok := row.Metrics["time_to_first_token"]; ok {
			var x float64
			scale, err := secondsOf(v.Unit)
			if err == nil {
				err = json.Unmarshal(v.Value, &x)
			}
			if err != nil {
				return Foreign{}, fmt.Errorf("aiperf records: line %d: time_to_first_token: %w", n, err)
			}
			ttfts = append(ttfts, x*scale)
		}
		if v, ok := row.Metrics["output_token_throughput_per_user"]; ok {
			var x float64
			if err := json.Unmarshal(v.Value, &x); err != nil {
				return Foreign{}, fmt.Errorf("aiperf records: line %d: output_token_throughput_per_user: %w", n, err)
			}
			speeds = append(speeds, x)
		}
	}
	if err := lines.Err(); err != nil {
		return Foreign{}, fmt.Errorf("aiperf records: %w", err)
	}
	slices.Sort(speeds)
	slices.Sort(ttfts)
	f.SpeedTPS, f.TTFTs = measure.Percentile(speeds, 0.25), measure.Percentile(ttfts, 0.95)
	return f, f.validate()
}

func (f Foreign) validate() error {
	if math.IsNaN(f.SpeedTPS) || math.IsNaN(f.TTFTs) || f.SpeedTPS < 0 || f.TTFTs < 0 || f.Turns < 0 || f.Failed < 0 {
		return fmt.Errorf("%s: no speed or TTFT in it: P25 %g tokens/s, P95 %g s over %d turns", f.Tool, f.SpeedTPS, f.TTFTs, f.Turns)
	}
	return nil
}

// concurrencyIn finds the number of users in an input_config, whose nesting differs
// between versions; 0 where there is none or more than one value.
func concurrencyIn(raw json.RawMessage) int {
	found := map[float64]bool{}
	walk(raw, func(key string, v any) {
		if n, ok := v.(float64); ok && key == "concurrency" && n >= 1 && n == math.Trunc(n) && n <= 1e6 {
			found[n] = true
		}
	})
	if len(found) != 1 {
		return 0
	}
	for n := range found {
		return int(n)
	}
	return 0
}

func modelIn(raw json.RawMessage) string {
	model := ""
	walk(raw, func(key string, v any) {
		if list, ok := v.([]any); ok && key == "model_names" && len(list) == 1 {
			v = list[0]
		}
		if s, ok := v.(string); ok && (key == "model_names" || key == "model_name" || key == "model") && model == "" {
			model = s
		}
	})
	return model
}

// walk calls see for every member of every object in raw.
func walk(raw json.RawMessage, see func(key string, v any)) {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return
	}
	var down func(v any)
	down = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, member := range v {
				see(key, member)
				down(member)
			}
		case []any:
			for _, member := range v {
				down(member)
			}
		}
	}
	down(v)
}

// ForeignEntry makes an entry of measurements at several numbers of users: for each
// tier the largest at which it and every smaller one given meets both limits.
func ForeignEntry(name, source string, tiers []plimsoll.Tier, accelerators int, seen []Foreign) (Entry, error) {
	if len(seen) == 0 {
		return Entry{}, errors.New("import: nothing was read")
	}
	ordered := slices.Clone(seen)
	slices.SortFunc(ordered, func(a, b Foreign) int { return a.Agents - b.Agents })
	for i, f := range ordered {
		if f.Agents < 1 {
			return Entry{}, fmt.Errorf("import: the file does not say how many users it held: give --agents")
		}
		if i > 0 && ordered[i-1].Agents == f.Agents {
			return Entry{}, fmt.Errorf("import: two measurements at %d users", f.Agents)
		}
	}
	first := ordered[0]
	e := Entry{
		Name: name, Kind: "imported", Source: source, Date: first.Date, Model: first.Model, Method: "fixed levels", MetricSet: first.Tool,
		Accelerators: accelerators, Lacks: first.Lacks,
	}
	for _, t := range tiers {
		e.Tiers = append(e.Tiers, foreignTier(t, accelerators, ordered))
	}
	return e, nil
}

func foreignTier(t plimsoll.Tier, accelerators int, ordered []Foreign) EntryTier {
	out := EntryTier{SpeedTPS: t.SpeedTPS, TTFTs: t.TTFT.Seconds()}
	for _, f := range ordered {
		failed := f.Turns > 0 && float64(f.Failed) > 0.01*float64(f.Turns)
		if f.SpeedTPS < t.SpeedTPS || f.TTFTs > t.TTFT.Seconds() || failed {
			out.Reason = fmt.Sprintf("%d users: P25 %.4g tokens/s, P95 TTFT %.4g s, %d of %d failed", f.Agents, f.SpeedTPS, f.TTFTs, f.Failed, f.Turns)
			if out.Capacity != nil {
				out.Low, out.High, out.Span = float64(*out.Capacity), float64(f.Agents), spanBracket
			}
			return out
		}
		n := f.Agents
		out.Capacity = &n
		if accelerators > 0 {
			per := float64(n) / float64(accelerators)
			out.PerAcc = &per
		}
	}
	return out
}
