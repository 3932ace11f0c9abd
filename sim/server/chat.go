package server

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"plimsoll/sim"
	"plimsoll/sim/server/prompt"
)

// Bounds of the natural length of a reply, tokens.
const (
	naturalMin  = 16
	naturalSpan = 497
)

// generation is one accepted request.
type generation struct {
	id       uint64
	name     string // chatcmpl-...
	created  int64
	opts     prompt.Options
	request  sim.Request
	seed     uint64 // of the reply's text
	finish   string
	reply    *reply
	clientID string // X-Request-Id
}

func (s *Server) chat(w http.ResponseWriter, r *http.Request) {
	at := s.now()
	g, refused := s.accept(r)
	if refused != nil {
		refuse(w, refused)
		return
	}
	if err := s.tell(r.Context(), ask{submit: g.reply, req: g.request, at: at}); err != nil {
		refuse(w, &apiError{Status: http.StatusServiceUnavailable, Code: "stopped", Message: err.Error()})
		return
	}
	if g.opts.Stream {
		s.streamed(w, r, g)
	} else {
		s.whole(w, r, g)
	}
}

// accept reads and checks a request.
func (s *Server) accept(r *http.Request) (*generation, *apiError) {
	bad := func(code, format string, args ...any) *apiError {
		return &apiError{Status: http.StatusBadRequest, Code: code, Message: fmt.Sprintf(format, args...)}
	}
	c := sessionOf(r)
	b, err := c.memory.Scan(http.MaxBytesReader(nil, r.Body, maxBody), r.ContentLength, s.block)
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return nil, &apiError{Status: http.StatusRequestEntityTooLarge, Code: "body_too_large", Message: fmt.Sprintf("the body exceeds %d bytes", large.Limit)}
		}
		return nil, bad("invalid_json", "%s", err)
	}
	o, tokens := b.Options, b.Tokens
	switch {
	case o.Model != s.model:
		return nil, &apiError{Status: http.StatusNotFound, Code: "model_not_found", Param: "model", Message: fmt.Sprintf("the model %q does not exist; this engine serves %q", o.Model, s.model)}
	case o.N != nil && *o.N != 1:
		return nil, bad("unsupported", "n is %d; this engine makes one choice", *o.N)
	case tokens >= s.context:
		return nil, bad("context_length_exceeded", "the prompt has %d tokens, the context holds %d", tokens, s.context)
	}
	limit, refused := outputLimit(o, s.context-tokens)
	if refused != nil {
		return nil, refused
	}
	most := limit
	id := s.nextID.Add(1)
	g := &generation{
		id: id, name: fmt.Sprintf("chatcmpl-%016x", mix(id)), created: time.Now().Unix(), opts: o,
		seed: b.Sum, finish: "length", reply: newReply(), clientID: r.Header.Get("X-Request-Id"),
	}
	if natural := max(o.MinTokens, naturalMin+int(g.seed%naturalSpan)); !o.IgnoreEOS && natural <= limit {
		limit, g.finish = natural, "stop"
	}
	g.request = sim.Request{ID: id, Tokens: tokens, Prefix: runsOf(b.Blocks), Output: limit, MaxOutput: most, Session: c.id}
	return g, nil
}

// runsOf makes each block a run of its own: it is not known where bodies will part.
func runsOf(blocks []uint64) []sim.Run {
	out := make([]sim.Run, len(blocks))
	for i, id := range blocks {
		out[i] = sim.Run{ID: id, Blocks: 1}
	}
	return out
}

// outputLimit returns the most tokens that the reply may have.
func outputLimit(o prompt.Options, room int) (int, *apiError) {
	asked := o.MaxCompletionTokens
	if asked == nil {
		asked = o.MaxTokens
	}
	if asked == nil {
		return room, nil
	}
	switch {
	case *asked < 1 || o.MinTokens < 0 || o.MinTokens > *asked:
		return 0, &apiError{Status: http.StatusBadRequest, Code: "invalid_value", Param: "max_tokens",
			Message: fmt.Sprintf("max_tokens is %d and min_tokens %d, want 0 <= min_tokens <= max_tokens and max_tokens >= 1", *asked, o.MinTokens)}
	case *asked > room:
		return 0, &apiError{Status: http.StatusBadRequest, Code: "context_length_exceeded", Param: "max_tokens",
			Message: fmt.Sprintf("max_tokens is %d, the context has room for %d after the prompt", *asked, room)}
	}
	return *asked, nil
}
