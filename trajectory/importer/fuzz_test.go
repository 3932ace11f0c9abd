package importer

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"plimsoll/trajectory"
)

// fuzzFormat feeds a reader with what grows from its fixture: it must return a
// set without problems, which the native format carries unchanged, or an error.
func fuzzFormat(f *testing.F, name, fixture string) {
	format, err := byName(name)
	if err != nil {
		f.Fatal(err)
	}
	seed, err := os.ReadFile(filepath.Join("testdata", fixture))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add(seed[:len(seed)/2])
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		in := &input{"fuzz.jsonl", func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }, trajectory.MaxLine}
		format.is(readHead(bytes.NewReader(data)))
		ts, err := format.read(in)
		if err != nil || len(ts) == 0 || len(trajectory.SetProblems(ts)) > 0 {
			return // Import refuses it, with the place
		}
		var first, second bytes.Buffer
		if err := trajectory.Write(&first, ts); err != nil {
			t.Fatal(err)
		}
		back, err := trajectory.Read("fuzz", bytes.NewReader(first.Bytes()))
		if err != nil {
			t.Fatalf("what was imported cannot be read back: %v", err)
		}
		if err := trajectory.Write(&second, back); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Fatalf("reading back changes it (error %v)", err)
		}
	})
}

func FuzzMlperf(f *testing.F)    { fuzzFormat(f, "mlperf", "mlperf.jsonl") }
func FuzzAgentperf(f *testing.F) { fuzzFormat(f, "agentperf", "agentperf.jsonl") }
func FuzzAgentperfLocal(f *testing.F) {
	fuzzFormat(f, "agentperf-local", "agentperf-local/traces/t1.jsonl")
}
func FuzzWeka(f *testing.F)            { fuzzFormat(f, "weka", "weka.json") }
func FuzzMooncake(f *testing.F)        { fuzzFormat(f, "mooncake", "mooncake.jsonl") }
func FuzzTrtllm(f *testing.F)          { fuzzFormat(f, "trtllm", "trtllm.json") }
func FuzzTracelab(f *testing.F)        { fuzzFormat(f, "tracelab", "tracelab.jsonl") }
func FuzzOpencode(f *testing.F)        { fuzzFormat(f, "opencode", "opencode.json") }
func FuzzCodex(f *testing.F)           { fuzzFormat(f, "codex", "codex.jsonl") }
func FuzzQwenCode(f *testing.F)        { fuzzFormat(f, "qwen-code", "qwen-code.jsonl") }
func FuzzClaudeCode(f *testing.F)      { fuzzFormat(f, "claude-code", "claude-code.jsonl") }
func FuzzGeminiCli(f *testing.F)       { fuzzFormat(f, "gemini-cli", "gemini-cli.json") }
func FuzzKimiCli(f *testing.F)         { fuzzFormat(f, "kimi-cli", "kimi-cli/context.jsonl") }
func FuzzOpenhands(f *testing.F)       { fuzzFormat(f, "openhands", "openhands.jsonl") }
func FuzzOpenhandsEvents(f *testing.F) { fuzzFormat(f, "openhands-events", "openhands-events.jsonl") }
func FuzzSweAgent(f *testing.F)        { fuzzFormat(f, "swe-agent", "swe-agent.traj.json") }
func FuzzMiniSweAgent(f *testing.F)    { fuzzFormat(f, "mini-swe-agent", "mini-swe-agent.json") }
func FuzzOtel(f *testing.F)            { fuzzFormat(f, "otel", "otel.json") }
func FuzzDynamo(f *testing.F)          { fuzzFormat(f, "dynamo", "dynamo.jsonl") }
func FuzzRequests(f *testing.F)        { fuzzFormat(f, "requests", "requests.jsonl") }
func FuzzAnthropic(f *testing.F)       { fuzzFormat(f, "anthropic", "anthropic.jsonl") }
func FuzzOpenai(f *testing.F)          { fuzzFormat(f, "openai", "openai.jsonl") }
