package server

import (
	"net/http"
	"strconv"
	"time"

	"plimsoll/sim/server/prompt"
)

// event makes the server-sent events of one reply.
type event struct {
	head []byte // up to the delta
	buf  []byte
}

func newEvent(g *generation, model string) *event {
	e := new(event)
	e.head = append(e.head, `data: {"id":"`+g.name+`","object":"chat.completion.chunk","created":`...)
	e.head = strconv.AppendInt(e.head, g.created, 10)
	e.head = append(append(append(e.head, `,"model":`...), strconv.Quote(model)...), `,"choices":[`...)
	return e
}

// delta appends an event with one choice; text is nil in the first and last one.
func (e *event) delta(text func([]byte) []byte, role bool, finish, usage string) {
	e.buf = append(append(e.buf, e.head...), `{"index":0,"delta":{`...)
	if role {
		e.buf = append(e.buf, `"role":"assistant","content":""`...)
	}
	if text != nil {
		e.buf = append(text(append(e.buf, `"content":"`...)), '"')
	}
	e.buf = append(e.buf, `},"logprobs":null,"finish_reason":`...)
	if finish == "" {
		e.buf = append(e.buf, `null}]`...)
	} else {
		e.buf = append(e.buf, `"`+finish+`"}]`...)
	}
	e.buf = append(append(e.buf, usage...), "}\n\n"...)
}

// usage returns the usage object of a reply of so many tokens.
func (g *generation) usage(completion, cached int) string {
	return `{"prompt_tokens":` + strconv.Itoa(g.request.Tokens) + `,"completion_tokens":` + strconv.Itoa(completion) +
		`,"total_tokens":` + strconv.Itoa(g.request.Tokens+completion) +
		`,"prompt_tokens_details":{"cached_tokens":` + strconv.Itoa(cached) + `}}`
}

// streamed writes the reply as events, one for each emission that the socket keeps
// up with. Headers, role event and first token leave in one write.
func (s *Server) streamed(w http.ResponseWriter, r *http.Request, g *generation) {
	o := g.opts.StreamOptions
	e := newEvent(g, s.model)
	flush := http.NewResponseController(w)
	for written := 0; ; {
		tokens, cached, done, ok := s.await(w, r, g, written > 0)
		if !ok {
			return
		}
		e.buf = e.buf[:0]
		if written == 0 {
			w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
			w.Header().Set("Cache-Control", "no-cache")
			e.delta(nil, true, "", continuous(o, g, 0, cached))
		}
		at := written
		finish := ""
		if written += tokens; done {
			finish = g.finish
		}
		e.delta(func(dst []byte) []byte { return appendTokens(dst, g.seed, at, tokens) }, false, finish, continuous(o, g, written, cached))
		if done {
			if o.IncludeUsage {
				e.buf = append(append(append(append(e.buf, e.head...), `],"usage":`...), g.usage(written, cached)...), "}\n\n"...)
			}
			e.buf = append(e.buf, "data: [DONE]\n\n"...)
		}
		if at == 0 && s.cfg.Sent != nil {
			s.cfg.Sent(Sent{RequestID: g.clientID, FirstToken: time.Now()})
		}
		if _, err := w.Write(e.buf); err != nil || flush.Flush() != nil || done {
			if !done {
				s.drop(g)
			}
			return
		}
	}
}

func continuous(o prompt.StreamOptions, g *generation, written, cached int) string {
	if !o.ContinuousUsage {
		return ""
	}
	return `,"usage":` + g.usage(written, cached)
}

// await waits for the reply's next tokens. It reports false where the reply is
// over without them: the client left, the engine refused or stopped.
func (s *Server) await(w http.ResponseWriter, r *http.Request, g *generation, begun bool) (tokens, cached int, done, ok bool) {
	for {
		select {
		case <-g.reply.wake:
		case <-r.Context().Done():
			s.drop(g)
			return 0, 0, false, false
		}
		tokens, cached, done, err := g.reply.take()
		if err != nil {
			if begun {
				// The stream has begun: cut it, so that it cannot be taken for complete.
				_ = http.NewResponseController(w).SetWriteDeadline(time.Now())
				return 0, 0, false, false
			}
			refuse(w, &apiError{Status: http.StatusBadRequest, Code: "refused", Message: err.Error()})
			return 0, 0, false, false
		}
		if tokens > 0 || done {
			return tokens, cached, done, true
		}
	}
}

// drop tells the driver that nobody waits for the reply any more.
func (s *Server) drop(g *generation) {
	select {
	case s.asks <- ask{cancel: g.id}:
	case <-s.ended:
	}
}

// whole writes the reply at once when it is complete.
func (s *Server) whole(w http.ResponseWriter, r *http.Request, g *generation) {
	var text []byte
	for {
		tokens, cached, done, ok := s.await(w, r, g, false)
		if !ok {
			return
		}
		text = appendTokens(text, g.seed, len(text)/tokenBytes, tokens)
		if !done {
			continue
		}
		out := `{"id":"` + g.name + `","object":"chat.completion","created":` + strconv.FormatInt(g.created, 10) +
			`,"model":` + strconv.Quote(s.model) + `,"choices":[{"index":0,"message":{"role":"assistant","content":"` + string(text) +
			`"},"logprobs":null,"finish_reason":"` + g.finish + `"}],"usage":` + g.usage(len(text)/tokenBytes, cached) + `}`
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(out)) // a client that went away is nobody to tell
		return
	}
}
