package client

import (
	"context"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"plimsoll"
	"plimsoll/dialect"
)

func TestMain(m *testing.M) {
	if os.Getenv(streamServer) != "" {
		serveStreams()
		return
	}
	goleak.VerifyTestMain(m)
}

// bytes4 is the byte rule: one token for each begun four bytes.
type bytes4 struct{}

func (bytes4) Count(text []byte) int { return (len(text) + 3) / 4 }
func (bytes4) Basis() string         { return "bytes4" }

func testTrajectory(output int) *plimsoll.Trajectory {
	return &plimsoll.Trajectory{
		ID: "t",
		Segments: []plimsoll.Segment{
			{Message: 0, Role: plimsoll.System, Kind: plimsoll.KindSystem, Text: "be brief"},
			{Message: 1, Role: plimsoll.User, Kind: plimsoll.KindUser, Text: "hello"},
		},
		Turns: []plimsoll.Turn{{Prompt: []plimsoll.Span{{From: 0, To: 2}}, OutputTokens: output}},
	}
}

func chatDialect(t testing.TB) dialect.Dialect {
	d, err := dialect.ByName("chat")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func newTestClient(t testing.TB, url string, change func(*Config)) *Client {
	cfg := Config{URLs: []string{url + "/v1"}, Dialect: chatDialect(t), Model: "m", Counter: bytes4{}, Exact: true}
	if change != nil {
		change(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func encode(t testing.TB, output int) *dialect.Encoded {
	e, err := chatDialect(t).Encode(testTrajectory(output), dialect.Options{Model: "m", Usage: true})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// streamer replies with n tokens of 4 bytes each, and usage.
func streamer(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n")
		for i := range n {
			finish := "null"
			if i == n-1 {
				finish = `"length"`
			}
			fmt.Fprintf(w, "data: {\"choices\":[{\"delta\":{\"content\":\" abc\"},\"finish_reason\":%s}]}\n\n", finish)
			w.(http.Flusher).Flush()
			time.Sleep(time.Millisecond)
		}
		fmt.Fprintf(w, "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":%d,\"prompt_tokens_details\":{\"cached_tokens\":4}}}\n\ndata: [DONE]\n\n", n)
	}
}

func TestDoFillsTheRow(t *testing.T) {
	srv := httptest.NewServer(streamer(5))
	defer srv.Close()
	c := newTestClient(t, srv.URL, nil)
	e := encode(t, 5)
	for turn := range 3 {
		row := plimsoll.Row{}
		epoch := time.Now()
		c.Do(context.Background(), epoch, Call{Slot: 1, Encoded: e, Output: dialect.Output{Policy: dialect.Recorded}, Request: 5 * time.Second, Idle: time.Second}, &row)
		if row.Class != plimsoll.ClassOK || row.Status != 200 || row.Finish != "length" {
			t.Fatalf("turn %d: %+v", turn, row)
		}
		if row.UsageCompletion != 5 || row.LocalTokens != 5 || row.UsagePrompt != 9 || row.UsageCached != 4 || row.UsageReasoning != -1 {
			t.Errorf("counts: %+v", row)
		}
		if !(row.Sent <= row.FirstByte && row.FirstByte <= row.FirstToken && row.FirstToken <= row.LastToken && row.LastToken <= row.End) {
			t.Errorf("instants out of order: %+v", row)
		}
		if row.Events != 8 || row.FirstChunkTokens < 1 || row.FirstChunkSource != "local" {
			t.Errorf("events: %+v", row)
		}
		if (turn == 0) != (row.Connect > 0) {
			t.Errorf("turn %d: connect %d", turn, row.Connect)
		}
	}
}

func TestPreflight(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/models", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"data":[{"id":"m","max_model_len":100},{"id":"other"}]}`)
	})
	mux.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"version":"1.2"}`) })
	requests := 0
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		requests++
		fmt.Fprintf(w, "# TYPE vllm:cache_config_info gauge\nvllm:cache_config_info{block_size=\"16\",cache_dtype=\"a\\\"b,c\",engine=\"0\",api_key=\"x\"} 1.0\nvllm:cache_config_info{block_size=\"32\",engine=\"1\"} 1.0\nvllm:num_requests_running{engine=\"0\"} %d\n", requests)
	})
	mux.HandleFunc("POST /v1/chat/completions", streamer(16))
	srv := httptest.NewServer(mux)
	defer srv.Close()
	c := newTestClient(t, srv.URL, nil)
	findings, err := c.Preflight(context.Background(), Expect{Options: dialect.Options{Model: "m", Usage: true}, Policy: dialect.Recorded, Context: 50})
	if err != nil {
		t.Fatal(err, findings)
	}
	for _, f := range findings {
		if !f.OK {
			t.Errorf("finding %+v", f)
		}
	}
	id, err := c.Identify(context.Background())
	if err != nil || id.Version != "1.2" || id.Model != "m" {
		t.Errorf("identity %+v, %v", id, err)
	}
	want := map[string]string{"version.version": "1.2", "models.context": "100", "cache_config.block_size": "16", "cache_config.cache_dtype": `a\"b,c`, "cache_config.engine1.block_size": "32"}
	if !maps.Equal(id.Details, want) {
		t.Errorf("details %v, want %v", id.Details, want)
	}
	if again, err := c.Identify(context.Background()); err != nil || !maps.Equal(again.Details, want) {
		t.Errorf("under load it becomes %v, %v", again.Details, err)
	}
}

// Several URLs are one deployment: each must answer and serve the model, and each one's
// version is part of the identity.
func TestPreflightOfSeveralURLs(t *testing.T) {
	serve := func(model, version string) string {
		mux := http.NewServeMux()
		mux.HandleFunc("GET /v1/models", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"data":[{"id":%q}]}`, model) })
		mux.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"version":%q}`, version) })
		mux.HandleFunc("POST /v1/chat/completions", streamer(16))
		srv := httptest.NewServer(mux)
		t.Cleanup(srv.Close)
		return srv.URL + "/v1"
	}
	first := serve("m", "1")
	want := Expect{Options: dialect.Options{Model: "m", Usage: true}, Policy: dialect.Recorded}
	for name, test := range map[string]struct{ url, bad string }{
		"alike":       {serve("m", "2"), ""},
		"other model": {serve("other", "1"), "is not like"},
		"down":        {"http://127.0.0.1:1/v1", "does not answer"},
	} {
		c := newTestClient(t, "", func(c *Config) { c.URLs = []string{first, test.url} })
		findings, err := c.Preflight(context.Background(), want)
		if (err == nil) != (test.bad == "") || err != nil && !strings.Contains(err.Error(), test.bad) {
			t.Errorf("%s: %v, %+v", name, err, findings)
		}
		if id, err := c.Identify(context.Background()); test.bad == "" && (err != nil || id.Version != "1" || id.Details["url2.version.version"] != "2") {
			t.Errorf("%s: %+v, %v", name, id, err)
		}
	}
}

// The sentinel is read by the poller, or by a goroutine where the client has none.
func TestHealth(t *testing.T) {
	for name, change := range map[string]func(*Config){"poller": nil, "HTTP/2": func(c *Config) { c.HTTP2 = true }} {
		t.Run(name, func(t *testing.T) {
			c := newTestClient(t, "http://127.0.0.1:1", change)
			h, err := c.StartHealth()
			if err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			time.Sleep(300 * time.Millisecond)
			h.Close()
			seen := h.Window(begin, time.Now())
			if seen.SentinelReadings < 5 || seen.SentinelP99ms < 0 {
				t.Errorf("%+v", seen)
			}
			t.Logf("%+v", seen)
		})
	}
}

func silent() *log.Logger { return log.New(io.Discard, "", 0) }
