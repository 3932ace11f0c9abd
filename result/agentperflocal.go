package result

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"

	"plimsoll/measure"
)

// ReadAgentPerfLocal reads turns.jsonl of an AgentPerf-Local run folder (report version
// 1, September 2026): one turn a line, one agent at a time. Speed is (tokens - 1) over
// the time from first to last token; turns without success are failed ones.
func ReadAgentPerfLocal(r io.Reader) (Foreign, error) {
	f := Foreign{Tool: "AgentPerf-Local", Agents: 1, Lacks: []string{
		"rows in our form, so nothing can be recomputed", "the client's own lateness", "a search: one agent at a time",
		"an interval", "speed after the first chunk: its formula is n - 1 tokens over first to last token",
	}}
	var speeds, ttfts []float64
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 64<<20)
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var row struct {
			Version int    `json:"version"`
			Kind    string `json:"kind"`
			Success bool   `json:"success"`
			Timing  struct {
				TTFTms       *float64 `json:"time_to_first_token_ms"`
				GenerationMS *float64 `json:"generation_ms"`
			} `json:"timing"`
			Tokens struct {
				Server *int `json:"server_output_tokens"`
				Local  *int `json:"local_output_tokens"`
			} `json:"tokens"`
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			return Foreign{}, fmt.Errorf("agentperf-local turns: line %d: %w", n, err)
		}
		if row.Kind != "turn" || row.Version != 1 {
			return Foreign{}, fmt.Errorf("agentperf-local turns: line %d is %q version %d; want turn version 1", n, row.Kind, row.Version)
		}
		f.Turns++
		if !row.Success {
			f.Failed++
			speeds, ttfts = append(speeds, 0), append(ttfts, math.Inf(1))
			continue
		}
		if row.Timing.TTFTms != nil {
			ttfts = append(ttfts, *row.Timing.TTFTms/1e3)
		}
		tokens := row.Tokens.Server
		if tokens == nil {
			tokens = row.Tokens.Local
		}
		if g := row.Timing.GenerationMS; tokens != nil && *tokens > 1 && g != nil && *g > 0 {
			speeds = append(speeds, float64(*tokens-1)/(*g/1e3))
		}
	}
	if err := lines.Err(); err != nil {
		return Foreign{}, fmt.Errorf("agentperf-local turns: %w", err)
	}
	slices.Sort(speeds)
	slices.Sort(ttfts)
	f.SpeedTPS, f.TTFTs = measure.Percentile(speeds, 0.25), measure.Percentile(ttfts, 0.95)
	return f, f.validate()
}
