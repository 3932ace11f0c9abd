package scrape

import "plimsoll"

// series names one figure in one engine's exposition.
type series struct {
	name  string
	label string // only series with label=value; "" any
	value string
	into  func(*plimsoll.EngineReading) *float64
	mean  bool // over the ranks; else the sum
}

// known lists what is understood. Where an engine has two names for a figure (a
// counter with and without _total, an older gauge), the first that is there counts.
func known() []series {
	running := func(r *plimsoll.EngineReading) *float64 { return &r.Running }
	waiting := func(r *plimsoll.EngineReading) *float64 { return &r.Waiting }
	kv := func(r *plimsoll.EngineReading) *float64 { return &r.KVUse }
	hits := func(r *plimsoll.EngineReading) *float64 { return &r.PrefixHits }
	queries := func(r *plimsoll.EngineReading) *float64 { return &r.PrefixQueries }
	prompt := func(r *plimsoll.EngineReading) *float64 { return &r.Prompt }
	generated := func(r *plimsoll.EngineReading) *float64 { return &r.Generated }
	drafts := func(r *plimsoll.EngineReading) *float64 { return &r.Drafts }
	drafted := func(r *plimsoll.EngineReading) *float64 { return &r.Drafted }
	accepted := func(r *plimsoll.EngineReading) *float64 { return &r.Accepted }
	length := func(r *plimsoll.EngineReading) *float64 { return &r.AcceptLength }
	hitRate := func(r *plimsoll.EngineReading) *float64 { return &r.HitRate }
	return []series{
		{name: "vllm:num_requests_running", into: running},
		{name: "vllm:num_requests_waiting", into: waiting},
		{name: "vllm:kv_cache_usage_perc", into: kv, mean: true},
		{name: "vllm:gpu_cache_usage_perc", into: kv, mean: true},
		{name: "vllm:prefix_cache_hits_total", into: hits},
		{name: "vllm:prefix_cache_queries_total", into: queries},
		{name: "vllm:prompt_tokens_total", into: prompt},
		{name: "vllm:generation_tokens_total", into: generated},
		{name: "vllm:spec_decode_num_drafts_total", into: drafts},
		{name: "vllm:spec_decode_num_draft_tokens_total", into: drafted},
		{name: "vllm:spec_decode_num_accepted_tokens_total", into: accepted},

		{name: "sglang:num_running_reqs", into: running},
		{name: "sglang:num_queue_reqs", into: waiting},
		{name: "sglang:token_usage", into: kv, mean: true},
		{name: "sglang:cache_hit_rate", into: hitRate, mean: true},
		{name: "sglang:prompt_tokens_total", into: prompt},
		{name: "sglang:generation_tokens_total", into: generated},
		{name: "sglang:spec_accept_length", into: length, mean: true},

		{name: "trtllm_num_requests_running", into: running},
		{name: "trtllm_num_requests_waiting", into: waiting},
		{name: "trtllm_kv_cache_utilization", into: kv, mean: true},
		{name: "trtllm_kv_cache_hit_rate", into: hitRate, mean: true},

		{name: "nv_trt_llm_request_metrics", label: "request_type", value: "scheduled", into: running},
		{name: "nv_trt_llm_request_metrics", label: "request_type", value: "waiting", into: waiting},
		{name: "nv_trt_llm_kv_cache_block_metrics", label: "kv_cache_block_type", value: "fraction", into: kv, mean: true},

		{name: "llamacpp:requests_processing", into: running},
		{name: "llamacpp:requests_deferred", into: waiting},
		{name: "llamacpp:kv_cache_usage_ratio", into: kv, mean: true},
		{name: "llamacpp:prompt_tokens_total", into: prompt},
		{name: "llamacpp:tokens_predicted_total", into: generated},
	}
}
