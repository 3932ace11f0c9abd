package importer

import (
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"plimsoll"
	"plimsoll/trajectory"
)

// openHandsEvents reads the events of the OpenHands SDK: JSONL or an array, told
// apart by kind.
func openHandsEvents() Format {
	return Format{
		Name: "openhands-events", Unseen: true, Version: "OpenHands SDK 1.0 events",
		About: "OpenHands SDK events (SystemPromptEvent, MessageEvent, ActionEvent, ...)",
		is: func(h head) bool {
			return h.any(func(v value) bool {
				k := v.members["kind"] + v.members["[].kind"]
				return k == "SystemPromptEvent" || k == "ActionEvent" || k == "MessageEvent"
			})
		},
		read: readOpenHandsEvents,
	}
}

type sdkEvent struct {
	Kind         string           `json:"kind"`
	Timestamp    string           `json:"timestamp"`
	SystemPrompt contentPart      `json:"system_prompt"`
	Tools        []jsontext.Value `json:"tools"`
	Message      chatMessage      `json:"llm_message"`
	Thought      []contentPart    `json:"thought"`
	Reasoning    string           `json:"reasoning_content"`
	ToolName     string           `json:"tool_name"`
	ToolCallID   string           `json:"tool_call_id"`
	ResponseID   string           `json:"llm_response_id"`
	ToolCall     struct {
		Name      string         `json:"name"`
		Arguments jsontext.Value `json:"arguments"`
		Function  struct {
			Arguments jsontext.Value `json:"arguments"`
		} `json:"function"`
	} `json:"tool_call"`
	Observation struct {
		Content jsontext.Value `json:"content"`
		Output  string         `json:"output"`
		IsError bool           `json:"is_error"`
	} `json:"observation"`
	Error string `json:"error"`
}

type sdkSession struct {
	*walk
	response string
	message  trajectory.Message
	turn     plimsoll.Turn
	last     time.Duration
	acted    map[string]time.Duration
}

func readOpenHandsEvents(in *input) ([]*plimsoll.Trajectory, error) {
	s := &sdkSession{walk: newWalk(baseName(in.path), "openhands", ""), acted: map[string]time.Duration{}}
	s.mark("timing", plimsoll.Derived)
	err := in.eachValue(func(_ int, raw []byte) error {
		var e sdkEvent
		if err := decode(raw, &e); err != nil {
			return err
		}
		at := s.clock.at(stamp(e.Timestamp))
		defer func() { s.last = at }()
		return s.event(&e, at)
	})
	if err != nil {
		return nil, err
	}
	if err := s.flush(); err != nil {
		return nil, fmt.Errorf("%s: %w", in.path, err)
	}
	return s.end(), nil
}

func (s *sdkSession) event(e *sdkEvent, at time.Duration) error {
	if e.Kind == "ActionEvent" {
		return s.action(e, at)
	}
	if err := s.flush(); err != nil {
		return err
	}
	switch e.Kind {
	case "SystemPromptEvent":
		schemas := ""
		for i, t := range e.Tools {
			schemas += string("[,"[min(i, 1)]) + compact(t)
		}
		if schemas != "" {
			s.schemas(schemas + "]")
		}
		s.say(plimsoll.System, plimsoll.KindSystem, e.SystemPrompt.Text)
	case "MessageEvent":
		m, err := s.convert(&e.Message)
		if err != nil {
			return err
		}
		if e.Message.Role == "assistant" {
			return s.reply(m, plimsoll.Turn{Started: s.last, Ended: at})
		}
		s.input(m)
	case "ObservationEvent", "AgentErrorEvent", "UserRejectObservation":
		texts, _, err := contentTexts(e.Observation.Content)
		if err != nil {
			return fmt.Errorf("observation: %w", err)
		}
		text := e.Observation.Output + e.Error + joinTexts(texts)
		s.result(e.ToolCallID, text)
		start := s.acted[e.ToolCallID]
		s.ran(plimsoll.ToolEvent{CallID: e.ToolCallID, Name: e.ToolName, Start: start, Duration: max(0, at-start), Status: okOrError(!e.Observation.IsError && e.Error == "")})
	}
	return nil
}

// action adds a tool call; calls of one response are one reply.
func (s *sdkSession) action(e *sdkEvent, at time.Duration) error {
	if s.response != e.ResponseID || e.ResponseID == "" {
		if err := s.flush(); err != nil {
			return err
		}
		s.turn = plimsoll.Turn{Started: s.last}
		s.response = e.ResponseID
		if e.Reasoning != "" {
			s.message = append(s.message, plimsoll.Segment{Role: plimsoll.Assistant, Kind: plimsoll.KindReasoning, Text: e.Reasoning})
		}
		for _, p := range e.Thought {
			s.message = append(s.message, plimsoll.Segment{Role: plimsoll.Assistant, Kind: plimsoll.KindText, Text: p.Text})
		}
	}
	args := e.ToolCall.Arguments
	if len(args) == 0 {
		args = e.ToolCall.Function.Arguments
	}
	text, err := stringOr(args)
	if err != nil {
		return err
	}
	s.message = append(s.message, plimsoll.Segment{Role: plimsoll.Assistant, Kind: plimsoll.KindToolCall, Name: e.ToolName, CallID: e.ToolCallID, Text: text})
	s.turn.Ended = at
	s.acted[e.ToolCallID] = at
	return nil
}

func (s *sdkSession) flush() error {
	if len(s.message) == 0 {
		return nil
	}
	err := s.reply(s.message, s.turn)
	s.message, s.response = nil, ""
	return err
}
