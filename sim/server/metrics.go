package server

import (
	"fmt"
	"net/http"
	"strings"
)

const prometheusText = "text/plain; version=0.0.4; charset=utf-8"

// metrics writes the gauges and counters under the names that vLLM gives them.
func (s *Server) metrics(w http.ResponseWriter, r *http.Request) {
	got, err := s.ask(r.Context(), ask{})
	if err != nil {
		refuse(w, &apiError{Status: http.StatusServiceUnavailable, Code: "stopped", Message: err.Error()})
		return
	}
	st := got.stats
	usage := float64(st.UsedBlocks) / float64(st.Blocks)
	labels := fmt.Sprintf(`{engine="0",model_name=%q}`, s.model)
	var out strings.Builder
	for _, m := range []struct {
		name, kind, help string
		value            float64
	}{
		{"vllm:num_requests_running", "gauge", "Requests in the running batch.", float64(st.Running)},
		{"vllm:num_requests_waiting", "gauge", "Requests that wait for admission.", float64(st.Waiting)},
		{"vllm:kv_cache_usage_perc", "gauge", "KV blocks in use by requests, 1 is all.", usage},
		{"vllm:gpu_cache_usage_perc", "gauge", "KV blocks in use by requests, 1 is all (older name).", usage},
		{"vllm:prefix_cache_queries_total", "counter", "Prompt tokens looked up in the prefix cache.", float64(st.PromptTokens)},
		{"vllm:prefix_cache_hits_total", "counter", "Prompt tokens found in the prefix cache.", float64(st.CachedTokens)},
		{"vllm:prompt_tokens_total", "counter", "Prompt tokens of admitted requests.", float64(st.PromptTokens)},
		{"vllm:generation_tokens_total", "counter", "Tokens generated.", float64(st.OutputTokens)},
		{"vllm:num_preemptions_total", "counter", "Sequences preempted.", float64(st.Preempted)},
		{"plimsoll_engine_cached_blocks", "gauge", "KV blocks that hold cached prefixes nobody uses.", float64(st.CachedBlocks)},
		{"plimsoll_engine_steps_total", "counter", "Steps completed.", float64(st.Steps)},
		{"plimsoll_engine_busy_seconds_total", "counter", "Time in steps.", st.Busy.Seconds()},
	} {
		fmt.Fprintf(&out, "# HELP %s %s (simulated)\n# TYPE %s %s\n%s%s %g\n", m.name, m.help, m.name, m.kind, m.name, labels, m.value)
	}
	w.Header().Set("Content-Type", prometheusText)
	_, _ = w.Write([]byte(out.String()))
}

// dcgm writes the modelled power as dcgm-exporter does.
func (s *Server) dcgm(w http.ResponseWriter, r *http.Request) {
	got, err := s.ask(r.Context(), ask{})
	if err != nil {
		refuse(w, &apiError{Status: http.StatusServiceUnavailable, Code: "stopped", Message: err.Error()})
		return
	}
	var power, energy strings.Builder
	n := s.accelerators
	for i := range n { // the model draws all of them alike
		labels := fmt.Sprintf(`{gpu="%d",UUID="GPU-simulated-%s-%d",modelName="simulated %s",Hostname="simulated"}`, i, s.profile, i, s.profile)
		fmt.Fprintf(&power, "DCGM_FI_DEV_POWER_USAGE%s %f\n", labels, got.watts/float64(n))
		fmt.Fprintf(&energy, "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION%s %d\n", labels, int64(got.joules*1000/float64(n)))
	}
	out := "# HELP DCGM_FI_DEV_POWER_USAGE Power draw (in W), simulated.\n# TYPE DCGM_FI_DEV_POWER_USAGE gauge\n" + power.String() +
		"# HELP DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION Total energy since the engine's start (in mJ), simulated.\n# TYPE DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION counter\n" + energy.String()
	w.Header().Set("Content-Type", prometheusText)
	_, _ = w.Write([]byte(out))
}
