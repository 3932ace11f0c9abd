package plimsoll

import "math"

// EngineReading is one scrape of an engine's own metrics, a row of engine.parquet.
// A gauge or counter that the engine does not serve is NaN; counters count since
// the engine's start and are summed over its data-parallel ranks.
type EngineReading struct {
	Source  string  `parquet:"source,dict"` // endpoint without credentials
	At      Instant `parquet:"at_ns"`       // when the answer had been read
	Running float64 `parquet:"running"`     // requests in the batch
	Waiting float64 `parquet:"waiting"`     // requests in the queue
	KVUse   float64 `parquet:"kv_use"`      // share of the KV cache in use, 0..1, mean over ranks
	// PrefixHits of PrefixQueries looked up were found in the prefix cache: tokens,
	// or blocks, as the engine counts.
	PrefixHits    float64 `parquet:"prefix_hits"`
	PrefixQueries float64 `parquet:"prefix_queries"`
	Prompt        float64 `parquet:"prompt_tokens"`
	Generated     float64 `parquet:"generated_tokens"`
	// Drafts are speculative steps, Drafted and Accepted their tokens.
	Drafts   float64 `parquet:"drafts"`
	Drafted  float64 `parquet:"drafted_tokens"`
	Accepted float64 `parquet:"accepted_tokens"`
	// AcceptLength is the engine's own mean of tokens a step, where it serves that
	// instead of counters; HitRate is its own hit rate, 0..1.
	AcceptLength float64 `parquet:"accept_length"`
	HitRate      float64 `parquet:"hit_rate"`
	// Failed says why a scrape brought nothing; "" it succeeded.
	Failed string `parquet:"failed,dict"`
}

// UnknownEngine is a reading that says nothing yet.
func UnknownEngine(source string, at Instant) EngineReading {
	nan := math.NaN()
	return EngineReading{
		Source: source, At: at, Running: nan, Waiting: nan, KVUse: nan, PrefixHits: nan, PrefixQueries: nan, Prompt: nan,
		Generated: nan, Drafts: nan, Drafted: nan, Accepted: nan, AcceptLength: nan, HitRate: nan,
	}
}
