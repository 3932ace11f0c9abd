package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"plimsoll/sim/server"
)

// start runs an engine on loopback until the test ends and returns its base URL.
func start(t *testing.T, cfg server.Config) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	url := make(chan string, 1)
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx, cfg, func(u string) { url <- u }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		http.DefaultClient.CloseIdleConnections()
		goleak.VerifyNone(t)
	})
	select {
	case u := <-url:
		return u
	case err := <-ended:
		t.Fatalf("engine did not start: %v", err)
		return ""
	}
}

func post(t *testing.T, url, body string, header ...string) (int, string, *http.Response) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text), res
}

func get(t *testing.T, url string) string {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %d %v", url, res.StatusCode, err)
	}
	return string(text)
}

type chunk struct {
	Object  string
	Choices []struct {
		Delta struct {
			Role    string
			Content string
		}
		FinishReason *string `json:"finish_reason"`
	}
	Usage *usage
}

type usage struct {
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
	Total      int `json:"total_tokens"`
	Details    struct {
		Cached int `json:"cached_tokens"`
	} `json:"prompt_tokens_details"`
}

func chunks(t *testing.T, body string) []chunk {
	t.Helper()
	var out []chunk
	scan := bufio.NewScanner(strings.NewReader(body))
	done := false
	for scan.Scan() {
		line := scan.Text()
		data, ok := strings.CutPrefix(line, "data: ")
		switch {
		case line == "":
		case !ok || done:
			t.Fatalf("unexpected line %q", line)
		case data == "[DONE]":
			done = true
		default:
			var c chunk
			if err := json.Unmarshal([]byte(data), &c); err != nil {
				t.Fatalf("event %q: %v", data, err)
			}
			out = append(out, c)
		}
	}
	if !done {
		t.Fatalf("no [DONE] in %q", body)
	}
	return out
}

const prompt = `"model":"plimsoll-demo","messages":[{"role":"system","content":"You are exact."},{"role":"user","content":"%s"}]`

func TestStreamCarriesWholeTokensAndUsage(t *testing.T) {
	url := start(t, server.Config{})
	text := strings.Repeat("four", 100)
	body := fmt.Sprintf(`{`+prompt+`,"stream":true,"max_tokens":20,"ignore_eos":true,"stream_options":{"include_usage":true,"continuous_usage_stats":true}}`, text)
	wantPrompt := (14+3)/4 + 4 + 100 + 4
	for pass, wantCached := range []int{0, 96} { // (108-1)/16 = 6 blocks
		status, out, res := post(t, url+"/chat/completions", body)
		if status != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
			t.Fatalf("status %d, header %v: %s", status, res.Header, out)
		}
		events := chunks(t, out)
		first, last := events[0], events[len(events)-1]
		if first.Choices[0].Delta.Role != "assistant" || first.Choices[0].Delta.Content != "" {
			t.Errorf("first event is %+v, want the role alone", first)
		}
		reply := ""
		for _, e := range events[1 : len(events)-1] {
			content := e.Choices[0].Delta.Content
			reply += content
			if len(content)%4 != 0 || e.Usage == nil || e.Usage.Completion != len(reply)/4 {
				t.Fatalf("event %+v after %d tokens", e, len(reply)/4)
			}
		}
		finish := events[len(events)-2].Choices[0].FinishReason
		if len(reply) != 80 || finish == nil || *finish != "length" {
			t.Errorf("reply %q has %d bytes and finish %v, want 80 and length", reply, len(reply), finish)
		}
		if u := last.Usage; len(last.Choices) != 0 || u.Prompt != wantPrompt || u.Completion != 20 || u.Total != wantPrompt+20 || u.Details.Cached != wantCached {
			t.Errorf("pass %d: last event %+v usage %+v, want %d prompt tokens, %d cached", pass, last, u, wantPrompt, wantCached)
		}
	}
	if _, _, res := post(t, strings.TrimSuffix(url, "/v1")+"/reset_prefix_cache", ""); res.StatusCode != http.StatusOK {
		t.Fatalf("reset: %d", res.StatusCode)
	}
	_, out, _ := post(t, url+"/chat/completions", body)
	events := chunks(t, out)
	if u := events[len(events)-1].Usage; u.Details.Cached != 0 {
		t.Errorf("after a reset %d tokens are cached", u.Details.Cached)
	}
}

func TestWholeReplyAndNaturalLength(t *testing.T) {
	url := start(t, server.Config{SpeedScale: 50})
	body := fmt.Sprintf(`{`+prompt+`}`, "hello")
	var texts []string
	for range 2 {
		status, out, _ := post(t, url+"/chat/completions", body)
		var reply struct {
			Choices []struct {
				Message      struct{ Content string }
				FinishReason string `json:"finish_reason"`
			}
			Usage usage
		}
		if err := json.Unmarshal([]byte(out), &reply); status != http.StatusOK || err != nil {
			t.Fatalf("%d %v: %s", status, err, out)
		}
		c := reply.Choices[0]
		if c.FinishReason != "stop" || len(c.Message.Content) != 4*reply.Usage.Completion || reply.Usage.Completion < 16 {
			t.Errorf("%s", out)
		}
		texts = append(texts, c.Message.Content)
	}
	if texts[0] != texts[1] {
		t.Errorf("the same prompt gave %q and %q", texts[0], texts[1])
	}
}

func TestRefusals(t *testing.T) {
	url := start(t, server.Config{APIKey: "secret"})
	ok := fmt.Sprintf(prompt, "x")
	for _, c := range []struct {
		name, body, key string
		status          int
		code            string
	}{
		{"no key", `{` + ok + `}`, "", 401, "invalid_api_key"},
		{"wrong key", `{` + ok + `}`, "Bearer other", 401, "invalid_api_key"},
		{"model", strings.Replace(`{`+ok+`}`, "plimsoll-demo", "gpt", 1), "Bearer secret", 404, "model_not_found"},
		{"json", `{` + ok, "Bearer secret", 400, "invalid_json"},
		{"trailing", `{` + ok + `} x`, "Bearer secret", 400, "invalid_json"},
		{"no messages", `{"model":"plimsoll-demo"}`, "Bearer secret", 400, "invalid_json"},
		{"image", `{"model":"plimsoll-demo","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}]}`, "Bearer secret", 400, "invalid_json"},
		{"choices", `{` + ok + `,"n":2}`, "Bearer secret", 400, "unsupported"},
		{"no output", `{` + ok + `,"max_tokens":0}`, "Bearer secret", 400, "invalid_value"},
		{"too much output", `{` + ok + `,"max_tokens":99999}`, "Bearer secret", 400, "context_length_exceeded"},
		{"too long", `{` + fmt.Sprintf(prompt, strings.Repeat("word", 40000)) + `}`, "Bearer secret", 400, "context_length_exceeded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, out, _ := post(t, url+"/chat/completions", c.body, "Authorization", c.key)
			var e struct {
				Error struct{ Message, Type, Code string }
			}
			if err := json.Unmarshal([]byte(out), &e); err != nil {
				t.Fatalf("%q: %v", out, err)
			}
			if status != c.status || e.Error.Code != c.code || e.Error.Message == "" || e.Error.Type != "invalid_request_error" {
				t.Errorf("got %d %+v, want %d %s", status, e.Error, c.status, c.code)
			}
		})
	}
}

func TestSideRoutes(t *testing.T) {
	url := start(t, server.Config{})
	root := strings.TrimSuffix(url, "/v1")
	post(t, url+"/chat/completions", fmt.Sprintf(`{`+prompt+`,"max_tokens":5,"ignore_eos":true}`, "x"))
	for path, wants := range map[string][]string{
		"/v1/models": {`"id":"plimsoll-demo"`, `"max_model_len":`},
		"/version":   {`"simulated":true`},
		"/health":    {""},
		"/metrics": {"vllm:num_requests_running{", "vllm:num_requests_waiting{", "vllm:kv_cache_usage_perc{", "vllm:gpu_cache_usage_perc{",
			"vllm:prefix_cache_queries_total{", "vllm:prefix_cache_hits_total{", `vllm:generation_tokens_total{engine="0",model_name="plimsoll-demo"} 5`},
		"/dcgm/metrics": {`DCGM_FI_DEV_POWER_USAGE{gpu="0",UUID="`, `Hostname="simulated"} `, "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{"},
	} {
		text := get(t, root+path)
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q:\n%s", path, want, text)
			}
		}
	}
}

// A client that leaves frees its place: the engine is empty again long before its
// reply could have ended.
func TestClientThatLeaves(t *testing.T) {
	url := start(t, server.Config{})
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/chat/completions",
		strings.NewReader(fmt.Sprintf(`{`+prompt+`,"stream":true,"max_tokens":30000,"ignore_eos":true}`, "x")))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	res.Body.Close()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if strings.Contains(get(t, strings.TrimSuffix(url, "/v1")+"/metrics"), `vllm:num_requests_running{engine="0",model_name="plimsoll-demo"} 0`) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the request still runs 20 s after its client left")
		}
	}
}

func TestConfigRefuses(t *testing.T) {
	for name, cfg := range map[string]server.Config{
		"address": {Addr: "0.0.0.0:0"}, "scale": {KVScale: -1}, "profile": {Profile: "nope"}, "pool": {KVScale: 1e-9},
	} {
		if _, err := server.New(cfg); err == nil {
			t.Errorf("%s: %+v was accepted", name, cfg)
		}
	}
}

// The send log tells, once a streamed reply, which one and when.
func TestSendLog(t *testing.T) {
	var mu sync.Mutex
	var log []server.Sent
	url := start(t, server.Config{TimeScale: 4, Sent: func(s server.Sent) {
		mu.Lock()
		defer mu.Unlock()
		log = append(log, s)
	}})
	before := time.Now()
	for i := range 3 {
		body := fmt.Sprintf(`{`+prompt+`,"stream":true,"max_tokens":4,"ignore_eos":true}`, "x")
		if status, out, _ := post(t, url+"/chat/completions", body, "X-Request-Id", fmt.Sprint("request-", i)); status != http.StatusOK {
			t.Fatal(out)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(log) != 3 {
		t.Fatalf("%d entries: %+v", len(log), log)
	}
	for i, s := range log {
		if s.RequestID != fmt.Sprint("request-", i) || s.FirstToken.Before(before) || s.FirstToken.After(time.Now()) {
			t.Errorf("entry %d: %+v", i, s)
		}
	}
}
