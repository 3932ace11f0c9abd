package scrape_test

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"plimsoll"
	"plimsoll/scrape"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       map[string]float64
	}{
		{"vllm, two ranks", "# TYPE vllm:num_requests_running gauge\n" +
			"vllm:num_requests_running{engine=\"0\",model_name=\"m\"} 3\nvllm:num_requests_running{engine=\"1\",model_name=\"m\"} 5\n" +
			"vllm:kv_cache_usage_perc{engine=\"0\"} 0.2\nvllm:kv_cache_usage_perc{engine=\"1\"} 0.4\nvllm:gpu_cache_usage_perc 0.9\n" +
			"# TYPE vllm:prefix_cache_hits_total counter\nvllm:prefix_cache_hits_total 90\nvllm:prefix_cache_queries_total 100\n" +
			"vllm:spec_decode_num_drafts_total 10\nvllm:spec_decode_num_accepted_tokens_total 25\n",
			map[string]float64{"running": 8, "kv": 0.3, "hits": 90, "queries": 100, "drafts": 10, "accepted": 25}},
		{"sglang", "sglang:num_running_reqs{model_name=\"m\"} 7\nsglang:num_queue_reqs 2\nsglang:token_usage 0.28\nsglang:cache_hit_rate 0.5\nsglang:spec_accept_length 2.5\n",
			map[string]float64{"running": 7, "waiting": 2, "kv": 0.28, "hit rate": 0.5, "length": 2.5}},
		{"trtllm-serve", "trtllm_num_requests_running 4\ntrtllm_num_requests_waiting 1\ntrtllm_kv_cache_utilization 0.62\ntrtllm_kv_cache_hit_rate 0.7\n",
			map[string]float64{"running": 4, "waiting": 1, "kv": 0.62, "hit rate": 0.7}},
		{"triton", "nv_trt_llm_request_metrics{request_type=\"scheduled\",version=\"1\"} 6\nnv_trt_llm_request_metrics{request_type=\"waiting\"} 2\n" +
			"nv_trt_llm_request_metrics{request_type=\"max\"} 512\nnv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=\"fraction\"} 0.1\n",
			map[string]float64{"running": 6, "waiting": 2, "kv": 0.1}},
		{"llama.cpp, others broken", "garbage{ 1\nllamacpp:requests_processing 1\nllamacpp:requests_deferred 3\nllamacpp:tokens_predicted_total 3469",
			map[string]float64{"running": 1, "waiting": 3, "generated": 3469}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := plimsoll.UnknownEngine("", 0)
			if err := scrape.Parse([]byte(c.text), &r); err != nil {
				t.Fatal(err)
			}
			for name, got := range map[string]float64{
				"running": r.Running, "waiting": r.Waiting, "kv": r.KVUse, "hits": r.PrefixHits, "queries": r.PrefixQueries, "prompt": r.Prompt,
				"generated": r.Generated, "drafts": r.Drafts, "accepted": r.Accepted, "length": r.AcceptLength, "hit rate": r.HitRate,
			} {
				want, there := c.want[name]
				if there != !math.IsNaN(got) || there && math.Abs(got-want) > 1e-12 {
					t.Errorf("%s: %g, want %g (there: %t)", name, got, want, there)
				}
			}
		})
	}
	r := plimsoll.UnknownEngine("", 0)
	if err := scrape.Parse([]byte("go_goroutines 4\n"), &r); err == nil {
		t.Error("text of no engine was taken")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("vllm:num_requests_running{engine=\"0\"} 3\n"))
	f.Add([]byte("vllm:num_requests_running{engine=\"0\"} 1e308\nvllm:num_requests_running{engine=\"1\"} 1e308\nvllm:num_requests_waiting 1\n"))
	f.Add([]byte("sglang:token_usage NaN\nllamacpp:requests_deferred +Inf"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r := plimsoll.UnknownEngine("", 0)
		if scrape.Parse(text, &r) != nil {
			return
		}
		for _, v := range []float64{r.Running, r.Waiting, r.KVUse} {
			if math.IsInf(v, 0) {
				t.Errorf("infinite figure from %q", text)
			}
		}
	})
}

func TestWatchKeepsFailures(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.Header.Get("Authorization") != "Bearer canary" {
			http.Error(w, "canary", http.StatusUnauthorized)
			return
		}
		if asked == 2 {
			http.Error(w, "busy", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "vllm:num_requests_running 3")
	}))
	defer server.Close()
	e, err := scrape.New(server.URL+"/metrics?key=canary", map[string]string{"Authorization": "Bearer canary"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var got []plimsoll.EngineReading
	e.Watch(ctx, time.Millisecond, func() plimsoll.Instant { return 7 }, func(r plimsoll.EngineReading) {
		if got = append(got, r); len(got) == 3 {
			server.CloseClientConnections()
			server.Listener.Close()
		}
		if len(got) == 4 {
			cancel()
		}
	})
	for i, failed := range []bool{false, true, false, true} {
		if (got[i].Failed != "") != failed {
			t.Errorf("scrape %d: failed %q, want failed %t", i, got[i].Failed, failed)
		}
		if strings.Contains(got[i].Failed+got[i].Source, "canary") {
			t.Errorf("scrape %d shows a secret: %+v", i, got[i])
		}
	}
	if got[0].Running != 3 || got[0].At != 7 {
		t.Errorf("first scrape: %+v", got[0])
	}
}
