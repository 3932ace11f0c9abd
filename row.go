package plimsoll

// Class says how a turn ended.
type Class string

// The classes. Everything but ClassOK, ClassCancelled and ClassCensored is a
// failed turn: TTFT = +Inf and speed = 0, both in the population.
const (
	ClassOK          Class = "ok"
	ClassCancelled   Class = "cancelled"    // by our own stop, outside the window or after the verdict was settled
	ClassCensored    Class = "censored"     // cut by us while it could still have gone either way
	ClassRefused     Class = "refused"      // connection refused, reset before a byte, name not found
	ClassHTTP        Class = "http"         // status outside 2xx (Row.Status says which)
	ClassTimeout     Class = "timeout"      // request, idle or connect time-out
	ClassCut         Class = "cut"          // stream ended before its end mark
	ClassMalformed   Class = "malformed"    // bytes that are no event stream, or past a cap
	ClassEngineError Class = "engine_error" // error object inside a 200 stream
	ClassNoStream    Class = "no_stream"    // a plain reply where a stream was asked
	ClassNoTokens    Class = "no_tokens"    // a stream that ended well but carried no token
	ClassWrongLength Class = "wrong_length" // output policy recorded was not obeyed
)

// Failed reports whether the class counts as a failed turn.
func (c Class) Failed() bool {
	return c != ClassOK && c != ClassCancelled && c != ClassCensored
}

// Cut reports whether the turn was ended by us, not by the engine.
func (c Class) Cut() bool { return c == ClassCancelled || c == ClassCensored }

// Row is one turn as it was recorded: one line of turns.parquet. Instants are ns
// since the level attempt's epoch, Never (-1) where the thing did not happen;
// token counts are -1 where unknown.
type Row struct {
	Level      int32  `parquet:"level"`
	Attempt    int32  `parquet:"attempt"`
	Slot       int32  `parquet:"slot"`
	Walk       int32  `parquet:"walk"`
	Branch     int32  `parquet:"branch"`
	Turn       int32  `parquet:"turn"`
	Trajectory string `parquet:"trajectory,dict"`
	// Primer marks a request that only rebuilds a context during the ramp; it is
	// in no population.
	Primer bool `parquet:"primer"`

	Due          Instant `parquet:"due_ns"`
	Sent         Instant `parquet:"sent_ns"`
	FirstByte    Instant `parquet:"first_byte_ns"`
	FirstToken   Instant `parquet:"first_token_ns"`
	FirstVisible Instant `parquet:"first_visible_ns"`
	LastToken    Instant `parquet:"last_token_ns"`
	End          Instant `parquet:"end_ns"`
	// Connect is how long a connection that was made after Due took, in ns; 0 when
	// the connection was there in time. It belongs to TTFT.
	Connect int64 `parquet:"connect_ns"`

	Reads            int32  `parquet:"reads"`  // socket reads that brought tokens
	Events           int32  `parquet:"events"` // events of the stream, silent ones included
	FirstChunkTokens int32  `parquet:"first_chunk_tokens"`
	FirstChunkSource string `parquet:"first_chunk_source,dict"` // usage, local, bytes

	UsagePrompt     int32 `parquet:"usage_prompt"`
	UsageCached     int32 `parquet:"usage_cached"`
	UsageCompletion int32 `parquet:"usage_completion"`
	UsageReasoning  int32 `parquet:"usage_reasoning"`
	LocalTokens     int32 `parquet:"local_tokens"`
	LocalPrompt     int32 `parquet:"local_prompt"`    // of the recorded prompt in the local basis
	RecordedTokens  int32 `parquet:"recorded_tokens"` // of the recorded reply

	Finish string `parquet:"finish,dict"`
	Class  Class  `parquet:"class,dict"`
	Status int32  `parquet:"status"`      // HTTP status, 0 none
	Error  string `parquet:"error,dict"`  // short, scrubbed; never a body's text
	Output string `parquet:"sanity,dict"` // output sanity: "", empty, looping
	URL    int32  `parquet:"url"`         // index of the target that served it
}

// Tokens returns the reply's token count and its basis: the server's usage, else
// the local count, else 0 and "none".
func (r *Row) Tokens() (n int, basis string) {
	switch {
	case r.UsageCompletion >= 0:
		return int(r.UsageCompletion), "usage"
	case r.LocalTokens >= 0:
		return int(r.LocalTokens), "local"
	}
	return 0, "none"
}

// Sample is one reading of a power meter.
type Sample struct {
	Meter  string  `parquet:"meter,dict"`  // the meter's spec without secrets
	Device string  `parquet:"device,dict"` // stable identity (UUID, rail, outlet)
	At     Instant `parquet:"at_ns"`       // when it was received
	Watts  float64 `parquet:"watts"`       // NaN where the meter counts energy only
	Joules float64 `parquet:"joules"`      // counter value; NaN where there is none
	// DeviceAt is the meter's own time of the reading (ns since the level's epoch,
	// after clock correction), Never where it gives none.
	DeviceAt Instant `parquet:"device_at_ns"`
	// Limit is the enforced power limit of the device in watts; 0 unknown.
	Limit float64 `parquet:"limit_w"`
	// Note is a reason code that the meter attached to the reading; a failed
	// reading is a sample whose watts and joules are both NaN.
	Note string `parquet:"note,dict"`
}
