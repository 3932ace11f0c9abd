package importer

import (
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"plimsoll"
	"plimsoll/trajectory"
)

// anthropic reads logs of the Messages API: JSONL, a row a request body ({system,
// tools, messages}), or {request, response}; rows of one session share
// metadata.user_id or session_id, else they all are one.
func anthropic() Format {
	return Format{
		Name: "anthropic", Unseen: true, Version: "Messages API 2023-06-01",
		About: "Anthropic Messages logs: one request a row, with or without its response",
		is: func(h head) bool {
			v := h.first()
			if v.has("request.messages") {
				return true
			}
			return v.has("messages") && (v.has("system") || v.has("tools[].input_schema") || v.has("anthropic_version"))
		},
		read: readAnthropic,
	}
}

type anthropicRequest struct {
	Model    string         `json:"model"`
	System   jsontext.Value `json:"system"`
	Tools    jsontext.Value `json:"tools"`
	Messages []struct {
		Role    string         `json:"role"`
		Content jsontext.Value `json:"content"`
	} `json:"messages"`
	Metadata struct {
		UserID string `json:"user_id"`
	} `json:"metadata"`
}

type anthropicRow struct {
	anthropicRequest `json:",inline"`
	Request          *anthropicRequest `json:"request"`
	Response         *struct {
		Content    jsontext.Value `json:"content"`
		StopReason string         `json:"stop_reason"`
		Usage      anthropicUsage `json:"usage"`
	} `json:"response"`
	SessionID string `json:"session_id"`
}

func readAnthropic(in *input) ([]*plimsoll.Trajectory, error) {
	sessions := newSessions(in)
	err := in.eachLine(func(_ int, line []byte) error {
		var row anthropicRow
		if err := decode(line, &row); err != nil {
			return err
		}
		req := &row.anthropicRequest
		if row.Request != nil {
			req = row.Request
		}
		id := row.SessionID
		if id == "" {
			id = req.Metadata.UserID
		}
		return anthropicTurn(sessions, id, req, &row)
	})
	if err != nil {
		return nil, err
	}
	return sessions.end(), nil
}

func anthropicTurn(sessions *sessions, id string, req *anthropicRequest, row *anthropicRow) error {
	schemas, err := flatTools(req.Tools)
	if err != nil {
		return err
	}
	s := sessions.session(id, schemas)
	if s.b.T.Source.Model == "" {
		s.b.T.Source.Model = req.Model
	}
	current, err := anthropicPrompt(s, req)
	if err != nil {
		return err
	}
	var turn plimsoll.Turn // a row's one time does not tell the model's time from the tools'
	var reply trajectory.Message
	if row.Response != nil {
		if reply, _, err = anthropicContent(row.Response.Content, "assistant"); err != nil {
			return fmt.Errorf("response: %w", err)
		}
		if hidesThinking(row.Response.Content) {
			s.b.T.Fidelity["reasoning"] = plimsoll.Missing
		}
		row.Response.Usage.apply(&turn)
		turn.Finish = row.Response.StopReason
	}
	return s.append(current, turn, reply)
}

// anthropicPrompt stores a request's messages; a tool result in a user message is
// a message of its own.
func anthropicPrompt(s *session, req *anthropicRequest) ([]plimsoll.Span, error) {
	var current []plimsoll.Span
	store := func(m trajectory.Message) { current = s.stored(m, current) }
	texts, _, err := contentTexts(req.System)
	if err != nil {
		return nil, fmt.Errorf("system: %w", err)
	}
	var system trajectory.Message
	for _, text := range texts {
		system = append(system, plimsoll.Segment{Role: plimsoll.System, Kind: plimsoll.KindSystem, Text: text})
	}
	store(system)
	for i, m := range req.Messages {
		message, results, err := anthropicContent(m.Content, m.Role)
		if err != nil {
			return nil, fmt.Errorf("messages[%d]: %w", i, err)
		}
		callNames(message, s.names)
		for _, r := range results {
			store(trajectory.Message{{Role: plimsoll.Tool, Kind: plimsoll.KindToolResult, Name: s.names[r.id], CallID: r.id, Text: r.text}})
		}
		store(message)
	}
	return current, nil
}
