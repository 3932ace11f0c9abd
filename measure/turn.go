package measure

import (
	"math"

	"plimsoll"
)

// ttftOf returns the time to first token of a turn in s: first token - sent, plus
// the time of a connection that was made after the turn was due. It is +Inf for a
// failed turn and NaN for one that was cut before its first token.
func ttftOf(r *plimsoll.Row) float64 {
	if r.Class.Failed() {
		return math.Inf(1)
	}
	if r.FirstToken == plimsoll.Never || r.Sent == plimsoll.Never {
		return math.NaN()
	}
	return float64(int64(r.FirstToken-r.Sent)+r.Connect) / 1e9
}

// LagMS returns the client's own lateness in ms: sent - due - connect, never
// below 0; NaN for a turn that was never sent.
func LagMS(r *plimsoll.Row) float64 {
	if r.Sent == plimsoll.Never || r.Due == plimsoll.Never {
		return math.NaN()
	}
	return math.Max(0, float64(int64(r.Sent-r.Due)-r.Connect)/1e6)
}

// Speeds are the output speeds of one turn in tokens/s; NaN where there is none.
type Speeds struct {
	Main     float64 // (tokens - first chunk's) / (last - first), or the bound below
	NMinus1  float64 // (tokens - 1) / (last - first); NaN for a reply in one read
	EndToEnd float64 // tokens / (end - sent)
	// OneRead marks a reply whose tokens share one read instant: Main is then
	// EndToEnd, a lower bound.
	OneRead bool
}

// speedsOf returns the speeds of an ended turn: 0 for a failed one, NaN for fewer
// than two tokens.
func speedsOf(r *plimsoll.Row) Speeds {
	if r.Class.Failed() {
		return Speeds{}
	}
	nan := math.NaN()
	none := Speeds{Main: nan, NMinus1: nan, EndToEnd: nan}
	tokens, _ := r.Tokens()
	whole := r.End.Sub(r.Sent).Seconds()
	if tokens < 2 || r.FirstToken == plimsoll.Never || whole <= 0 {
		return none
	}
	out := Speeds{Main: nan, NMinus1: nan, EndToEnd: float64(tokens) / whole}
	first := max(1, int(r.FirstChunkTokens))
	span := r.LastToken.Sub(r.FirstToken).Seconds()
	if span <= 0 || tokens <= first {
		out.Main, out.OneRead = out.EndToEnd, true
		return out
	}
	out.Main = float64(tokens-first) / span
	out.NMinus1 = float64(tokens-1) / span
	return out
}

// openTurn is what is known of a turn at the instant at, when it had not ended:
// rows that we cut carry the tokens that had come by then, rows of turns that
// ended later give their first token only.
func openTurn(r *plimsoll.Row, at plimsoll.Instant) plimsoll.OpenTurn {
	out := plimsoll.OpenTurn{Waited: float64(int64(at-r.Sent)+r.Connect) / 1e9, TTFT: math.NaN(), Speed: math.NaN()}
	if r.FirstToken == plimsoll.Never || r.FirstToken > at {
		return out
	}
	out.TTFT = float64(int64(r.FirstToken-r.Sent)+r.Connect) / 1e9
	span := at.Sub(r.FirstToken).Seconds()
	if tokens, basis := r.Tokens(); r.Class.Cut() && basis != "none" && span > 0 {
		out.Speed = float64(max(0, tokens-max(1, int(r.FirstChunkTokens)))) / span
	}
	return out
}

// sentOrDue is the instant by which a turn belongs to a window: a turn whose
// connection failed was never sent, but it was asked for.
func sentOrDue(r *plimsoll.Row) plimsoll.Instant {
	if r.Sent == plimsoll.Never {
		return r.Due
	}
	return r.Sent
}
