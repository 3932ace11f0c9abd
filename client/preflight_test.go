package client

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"plimsoll/dialect"
)

// answering is an engine that gives one answer to turns without tools and another to
// those with, and lists its model.
func answering(t *testing.T, models, turn, tools http.HandlerFunc) string {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/models", models)
	mux.HandleFunc("POST /v1/chat/completions", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = http.NoBody
		if bytes.Contains(body, []byte(`"tools":`)) {
			tools(w, r)
			return
		}
		turn(w, r)
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv.URL
}

func saying(status int, kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// Each question of the preflight has its answer among the findings; where the answer
// makes a run pointless, the error is one sentence that says what to do.
func TestPreflightAnswers(t *testing.T) {
	const events, json = "text/event-stream", "application/json"
	listed := saying(200, json, `{"data":[{"id":"m","max_model_len":100}]}`)
	call := saying(200, events, `data: {"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"read_file","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}`+"\n\n"+usageEvent(9)+endMark)
	counted := func(n int) http.HandlerFunc {
		return saying(200, events, delta(strings.Repeat(" abc", probeTokens), "length")+usageEvent(n)+endMark)
	}
	uncounted := saying(200, events, delta(strings.Repeat(" abc", probeTokens), "length")+endMark)
	well := counted(probeTokens)
	for name, test := range map[string]struct {
		models, turn, tools http.HandlerFunc
		context             int
		inexact             bool
		finding             string // name ok|bad part of the note
		err                 string
	}{
		"a call is timed":             {listed, well, call, 0, false, "tool_call ok called and timed", ""},
		"no call is made":             {listed, well, well, 0, false, `tool_call ok made no call, finish "length"`, ""},
		"tools are refused":           {listed, well, saying(400, json, `{"error":{"message":"no parser"}}`), 0, false, "tool_call bad HTTP 400: no parser", ""},
		"it streams":                  {listed, well, well, 0, false, "streams ok 3 events in 1 reads", ""},
		"it does not stream":          {listed, saying(200, json, `{"choices":[]}`), well, 0, false, "streams bad application/json", "turn streaming on"},
		"usage is counted alike":      {listed, well, well, 0, false, "local_count ok usage 16, local 16 (bytes4)", ""},
		"usage is counted otherwise":  {listed, saying(200, events, delta(strings.Repeat(" abc", 3), "length")+usageEvent(probeTokens)+endMark), well, 0, false, "local_count bad usage 16, local 3", ""},
		"no usage, an exact count":    {listed, uncounted, well, 0, false, "usage bad no usage", ""},
		"no usage, no exact count":    {listed, uncounted, well, 0, true, "usage bad no usage", "--tokenizer"},
		"the length is obeyed":        {listed, well, well, 0, false, "ignore_eos ok ", ""},
		"it stops early":              {listed, counted(7), well, 0, true, "ignore_eos bad 7 tokens instead of 16", "--output free"},
		"the context is long enough":  {listed, well, well, 100, false, "context ok longest turn 100 tokens, engine bears 100", ""},
		"the context is too short":    {listed, well, well, 101, false, "context bad longest turn 101 tokens", "raise the engine's context"},
		"the key is refused":          {saying(401, json, ""), well, well, 0, false, "key bad HTTP 401", "--api-key-env"},
		"another model":               {saying(200, json, `{"data":[{"id":"n"}]}`), well, well, 0, false, "model bad served: n", "--model"},
		"models are not listed":       {saying(404, json, ""), well, well, 0, false, "model ok HTTP 404", ""},
		"a first turn is not found":   {listed, saying(404, json, ""), well, 0, false, "streams bad HTTP 404", "--dialect"},
		"ignore_eos is refused":       {listed, saying(400, json, `{"message":"extra fields"}`), well, 0, false, "streams bad extra fields", "--output free"},
		"a first turn finds an error": {listed, saying(500, json, ""), well, 0, false, "streams bad HTTP 500", "engine's log"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newTestClient(t, answering(t, test.models, test.turn, test.tools), func(c *Config) { c.Exact = !test.inexact })
			findings, err := c.Preflight(context.Background(), Expect{Options: dialect.Options{Model: "m", Usage: true}, Policy: dialect.Recorded, Context: test.context})
			if (err == nil) != (test.err == "") || err != nil && (!strings.Contains(err.Error(), test.err) || strings.Contains(err.Error(), "\n")) {
				t.Errorf("error %v, want %q in it", err, test.err)
			}
			want := strings.SplitN(test.finding, " ", 3)
			for _, f := range findings {
				if f.Name == want[0] && f.OK == (want[1] == "ok") && strings.Contains(f.Note, want[2]) {
					return
				}
			}
			t.Errorf("%+v, want %s", findings, test.finding)
		})
	}
}

// Nobody has asked for tools, lengths or counts of an engine that is not there.
func TestPreflightOfNobody(t *testing.T) {
	c := newTestClient(t, "http://127.0.0.1:1", nil)
	findings, err := c.Preflight(context.Background(), Expect{Options: dialect.Options{Model: "m"}, Policy: dialect.Free})
	if err == nil || !strings.Contains(err.Error(), "start the engine") || len(findings) != 1 || findings[0].OK || findings[0].Name != "reachable" {
		t.Errorf("%v, %+v", err, findings)
	}
}
