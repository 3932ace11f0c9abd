package result

import (
	"math"
	"strings"
	"testing"
	"time"

	"plimsoll"
)

// A summary in the form of AIPerf 0.13's JsonExportData, with values of our own.
const aiperfSummaryFile = `{
  "schema_version": "1.4", "aiperf_version": "0.13.0", "start_time": "2026-11-20T10:00:00",
  "request_count": {"unit": "requests", "avg": 990}, "error_request_count": {"unit": "requests", "avg": 10},
  "time_to_first_token": {"unit": "ms", "avg": 900, "p25": 300, "p50": 700, "p95": 4200},
  "output_token_throughput_per_user": {"unit": "tokens/sec/user", "avg": 60, "p25": 41.5, "p95": 90},
  "input_config": {"endpoint": {"model_names": ["m-70b"]}, "loadgen": {"concurrency": 48}}
}`

func TestAIPerfSummary(t *testing.T) {
	f, err := ReadAIPerf(strings.NewReader(aiperfSummaryFile))
	if err != nil {
		t.Fatal(err)
	}
	if f.Agents != 48 || f.SpeedTPS != 41.5 || math.Abs(f.TTFTs-4.2) > 1e-12 || f.Turns != 1000 || f.Failed != 10 || f.Model != "m-70b" || f.Date != "2026-11-20" {
		t.Errorf("%+v", f)
	}
	if !strings.Contains(strings.Join(f.Lacks, ";"), "survived") {
		t.Errorf("it does not say that failures are left out: %v", f.Lacks)
	}
}

// TestAIPerfRecords: failed requests are in the population.
func TestAIPerfRecords(t *testing.T) {
	var b strings.Builder
	for range 18 {
		b.WriteString(`{"metadata":{"session_num":1},"metrics":{"time_to_first_token":{"value":500.0,"unit":"ms"},"output_token_throughput_per_user":{"value":50.0,"unit":"tokens/sec/user"}},"error":null}` + "\n")
	}
	for range 2 {
		b.WriteString(`{"metadata":{"session_num":2},"metrics":{},"error":{"code":500,"message":"no"}}` + "\n")
	}
	f, err := ReadAIPerf(strings.NewReader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	if f.Turns != 20 || f.Failed != 2 || !math.IsInf(f.TTFTs, 1) || f.SpeedTPS != 50 {
		t.Errorf("%+v, want an unbounded TTFT: 10 %% failed", f)
	}
}

func TestAgentPerfLocal(t *testing.T) {
	const turn = `{"version":1,"kind":"turn","success":true,"timing":{"time_to_first_token_ms":250.0,"generation_ms":2000.0},"tokens":{"server_output_tokens":101,"local_output_tokens":99}}`
	f, err := ReadAgentPerfLocal(strings.NewReader(turn + "\n" + turn + "\n"))
	if err != nil || f.Agents != 1 || f.Turns != 2 || f.SpeedTPS != 50 || f.TTFTs != 0.25 {
		t.Errorf("%+v %v", f, err)
	}
	f, err = ReadAgentPerfLocal(strings.NewReader(turn + "\n" + strings.Replace(turn, "true", "false", 1)))
	if err != nil || f.Failed != 1 || !math.IsInf(f.TTFTs, 1) {
		t.Errorf("%+v %v, want the failed turn in the population", f, err)
	}
	for _, bad := range []string{"{", `{"version":2,"kind":"turn"}`, ""} {
		if f, err := ReadAgentPerfLocal(strings.NewReader(bad)); err == nil {
			t.Errorf("%q gave %+v", bad, f)
		}
	}
}

func FuzzReadAgentPerfLocal(f *testing.F) {
	f.Add(`{"version":1,"kind":"turn","success":true,"timing":{"time_to_first_token_ms":1,"generation_ms":2},"tokens":{"server_output_tokens":3}}`)
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := ReadAgentPerfLocal(strings.NewReader(text)); err == nil && (math.IsNaN(got.SpeedTPS) || got.SpeedTPS < 0) {
			t.Errorf("%+v", got)
		}
	})
}

func TestForeignEntry(t *testing.T) {
	tier := []plimsoll.Tier{{SpeedTPS: 30, TTFT: 5 * time.Second}, {SpeedTPS: 300, TTFT: time.Second}}
	at := func(n int, speed, ttft float64) Foreign {
		return Foreign{Tool: "x", Agents: n, SpeedTPS: speed, TTFTs: ttft, Turns: 100}
	}
	e, err := ForeignEntry("a", "b", tier, 4, []Foreign{at(32, 20, 9), at(8, 60, 1), at(16, 40, 2), at(64, 35, 3)})
	if err != nil {
		t.Fatal(err)
	}
	got := e.Tiers[0]
	if got.Capacity == nil || *got.Capacity != 16 || got.High != 32 || *got.PerAcc != 4 {
		t.Errorf("%+v, want 16 agents below 32: a pass above a fail does not count", got)
	}
	if e.Tiers[1].Capacity != nil || e.Tiers[1].Reason == "" {
		t.Errorf("%+v, want no answer with its reason", e.Tiers[1])
	}
	if _, err := ForeignEntry("a", "b", tier, 4, []Foreign{at(0, 1, 1)}); err == nil {
		t.Error("a measurement at an unknown number of users")
	}
}

func FuzzReadAIPerf(f *testing.F) {
	f.Add(aiperfSummaryFile)
	f.Add(`{"metrics":{"time_to_first_token":{"value":1,"unit":"ms"}}}`)
	f.Add(`{"metrics":{},"error":{}}`)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ReadAIPerf(strings.NewReader(text))
		if err == nil && (math.IsNaN(got.SpeedTPS) || math.IsNaN(got.TTFTs)) {
			t.Errorf("%+v", got)
		}
	})
}
