package importer

import (
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"plimsoll"
	"plimsoll/trajectory"
)

// requests reads a proxy's log of HTTP requests: JSONL of {t, path, headers, body}
// where the body is a chat, responses or messages request.
func requests() Format {
	return Format{
		Name: "requests", Version: "rows {t, path, headers, body}",
		About: "HTTP request log of a proxy: chat, responses and messages bodies",
		is: func(h head) bool {
			v := h.first()
			return v.has("body.messages") || v.has("body.input")
		},
		read: readRequests,
	}
}

type requestRow struct {
	T       float64           `json:"t"` // s since 1970
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	Body    jsontext.Value    `json:"body"`
}

// sessionHeader returns the session that an agent names in its request's headers.
func (r *requestRow) sessionHeader() string {
	for _, name := range [...]string{"x-claude-code-session-id", "x-session-id", "session-id", "x-dynamo-session-id"} {
		for k, v := range r.Headers {
			if strings.EqualFold(k, name) {
				return v
			}
		}
	}
	return ""
}

func readRequests(in *input) ([]*plimsoll.Trajectory, error) {
	log := newSessions(in)
	var c clock
	err := in.eachLine(func(_ int, line []byte) error {
		var row requestRow
		if err := decode(line, &row); err != nil {
			return err
		}
		at := c.ms(row.T * 1e3)
		turn := plimsoll.Turn{Started: at, Ended: at}
		switch {
		case strings.HasSuffix(row.Path, "/responses"):
			return responsesRequest(log, &row, turn)
		case strings.HasSuffix(row.Path, "/messages"):
			var req anthropicRequest
			if err := decode(row.Body, &req); err != nil {
				return fmt.Errorf("body: %w", err)
			}
			return anthropicTurn(log, row.sessionHeader(), &req, &anthropicRow{})
		case strings.HasSuffix(row.Path, "/chat/completions"):
			return chatRequest(log, &row, turn)
		}
		return nil // models, health and the like
	})
	if err != nil {
		return nil, err
	}
	out := log.end()
	for _, t := range out {
		// Only the requests' starts are known, so a gap holds the model's time too.
		t.Fidelity["timing"] = plimsoll.Missing
		for i := range t.Turns {
			t.Turns[i].Delay, t.Turns[i].Started, t.Turns[i].Ended = 0, 0, 0
		}
	}
	return out, nil
}

func chatRequest(log *sessions, row *requestRow, turn plimsoll.Turn) error {
	var body struct {
		Model    string           `json:"model"`
		Messages []jsontext.Value `json:"messages"`
		Tools    jsontext.Value   `json:"tools"`
	}
	if err := decode(row.Body, &body); err != nil {
		return fmt.Errorf("body: %w", err)
	}
	schemas, err := toolSet(body.Tools)
	if err != nil {
		return err
	}
	s := log.session(row.sessionHeader(), schemas)
	s.b.T.Source.Model = body.Model
	return s.request(body.Messages, turn)
}

func responsesRequest(log *sessions, row *requestRow, turn plimsoll.Turn) error {
	var body struct {
		Model        string         `json:"model"`
		Instructions string         `json:"instructions"`
		Input        []responseItem `json:"input"`
		Tools        jsontext.Value `json:"tools"`
		CacheKey     string         `json:"prompt_cache_key"`
	}
	if err := decode(row.Body, &body); err != nil {
		return fmt.Errorf("body: %w", err)
	}
	schemas, err := flatTools(body.Tools)
	if err != nil {
		return err
	}
	id := row.sessionHeader()
	if id == "" {
		id = body.CacheKey
	}
	s := log.session(id, schemas)
	s.b.T.Source.Model = body.Model
	current, err := responsesPrompt(s, body.Instructions, body.Input)
	if err != nil {
		return err
	}
	return s.append(current, turn, nil)
}

// responsesPrompt stores a request's items. Neighbouring items of the assistant
// (reasoning, text, calls) are one message, as they were one reply.
func responsesPrompt(s *session, instructions string, items []responseItem) ([]plimsoll.Span, error) {
	var current []plimsoll.Span
	var open trajectory.Message
	store := func(m trajectory.Message) { current = s.stored(m, current) }
	if instructions != "" {
		store(trajectory.Message{{Role: plimsoll.System, Kind: plimsoll.KindSystem, Text: instructions}})
	}
	for i := range items {
		m, _, err := items[i].message()
		if err != nil {
			return nil, fmt.Errorf("input[%d]: %w", i, err)
		}
		if items[i].Encrypted != "" {
			s.b.T.Fidelity["reasoning"] = plimsoll.Missing
		}
		if len(m) > 0 && m[0].Role == plimsoll.Assistant {
			open = append(open, m...)
			callNames(m, s.names)
			continue
		}
		store(open)
		open = nil
		for k := range m {
			if m[k].Kind == plimsoll.KindToolResult {
				m[k].Name = s.names[m[k].CallID]
			}
		}
		store(m)
	}
	store(open)
	return current, nil
}
