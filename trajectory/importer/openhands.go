package importer

import (
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"plimsoll"
)

// openHands reads OpenHands' evaluation output (V0): JSONL, a row an instance with
// its events; the model's replies stand in the events' tool_call_metadata.
func openHands() Format {
	return Format{
		Name: "openhands", Version: "OpenHands 0.35 output.jsonl",
		About: "OpenHands V0 output.jsonl: events with the model's replies",
		is:    func(h head) bool { return h.first().has("instance_id", "history[].source") },
		read:  readOpenHands,
	}
}

type openHandsRow struct {
	InstanceID string           `json:"instance_id"`
	History    []openHandsEvent `json:"history"`
	Metrics    struct {
		Latencies []struct {
			Latency    float64 `json:"latency"`
			ResponseID string  `json:"response_id"`
		} `json:"response_latencies"`
	} `json:"metrics"`
}

type openHandsEvent struct {
	ID          int    `json:"id"`
	Timestamp   string `json:"timestamp"`
	Source      string `json:"source"`
	Action      string `json:"action"`
	Observation string `json:"observation"`
	Content     string `json:"content"`
	Args        struct {
		Content string         `json:"content"`
		Thought string         `json:"thought"`
		Version string         `json:"openhands_version"`
		Tools   jsontext.Value `json:"tools"`
	} `json:"args"`
	Call *struct {
		Name     string `json:"function_name"`
		CallID   string `json:"tool_call_id"`
		Response struct {
			ID      string `json:"id"`
			Model   string `json:"model"`
			Choices []struct {
				Message chatMessage `json:"message"`
				Finish  string      `json:"finish_reason"`
			} `json:"choices"`
			Usage struct {
				Prompt     int `json:"prompt_tokens"`
				Completion int `json:"completion_tokens"`
			} `json:"usage"`
		} `json:"model_response"`
	} `json:"tool_call_metadata"`
}

func readOpenHands(in *input) ([]*plimsoll.Trajectory, error) {
	var out []*plimsoll.Trajectory
	err := in.eachLine(func(_ int, line []byte) error {
		var row openHandsRow
		if err := decode(line, &row); err != nil {
			return err
		}
		s := &openHandsSession{walk: newWalk(row.InstanceID, "openhands", ""), latency: map[string]float64{}, acted: map[string]time.Duration{}}
		s.mark("timing", plimsoll.Derived)
		for _, l := range row.Metrics.Latencies {
			s.latency[l.ResponseID] = l.Latency
		}
		for i := range row.History {
			if err := s.event(&row.History[i]); err != nil {
				return fmt.Errorf("history[%d]: %w", i, err)
			}
		}
		recordedTokens(s.b.T)
		out = append(out, s.end()...)
		return nil
	})
	return out, err
}

type openHandsSession struct {
	*walk
	latency map[string]float64
	acted   map[string]time.Duration // when a tool was called, by call id
	reply   string                   // id of the last reply
}

func (s *openHandsSession) event(e *openHandsEvent) error {
	at := s.clock.at(stamp(e.Timestamp))
	switch {
	case e.Action == "system":
		schemas, err := toolSet(e.Args.Tools)
		if err != nil {
			return err
		}
		s.schemas(schemas)
		s.b.T.Source.Version = e.Args.Version
		s.say(plimsoll.System, plimsoll.KindSystem, e.Args.Content)
	case e.Action == "message" && e.Source == "user":
		s.say(plimsoll.User, plimsoll.KindUser, e.Args.Content)
	case e.Action != "" && e.Source == "agent" && e.Call != nil:
		s.acted[e.Call.CallID] = at
		return s.answer(e, at)
	case e.Action == "message" && e.Source == "agent":
		return s.walk.reply([]plimsoll.Segment{{Role: plimsoll.Assistant, Kind: plimsoll.KindText, Text: e.Args.Content}}, plimsoll.Turn{Started: at, Ended: at})
	case e.Observation == "recall":
		s.mark("recall", plimsoll.Missing) // what was put into the prompt from memory is not in the file
	case e.Observation != "" && e.Call != nil:
		start := s.acted[e.Call.CallID]
		s.result(e.Call.CallID, e.Content)
		s.ran(plimsoll.ToolEvent{CallID: e.Call.CallID, Name: e.Call.Name, Start: start, Duration: max(0, at-start), Status: okOrError(e.Observation != "error")})
	}
	return nil
}

// answer takes the reply behind an action; several actions may stand for one.
func (s *openHandsSession) answer(e *openHandsEvent, at time.Duration) error {
	r := &e.Call.Response
	if r.ID == s.reply && r.ID != "" || len(r.Choices) == 0 {
		return nil
	}
	s.reply = r.ID
	m, err := s.convert(&r.Choices[0].Message)
	if err != nil {
		return err
	}
	took := s.latency[r.ID]
	if err := checkSeconds("latency", took); err != nil {
		return err
	}
	if s.b.T.Source.Model == "" {
		s.b.T.Source.Model = r.Model
	}
	return s.walk.reply(m, plimsoll.Turn{
		PromptTokens: clampTokens(r.Usage.Prompt), OutputTokens: clampTokens(r.Usage.Completion), Finish: r.Choices[0].Finish,
		Started: max(0, at-inSeconds(took)), Ended: at,
	})
}
