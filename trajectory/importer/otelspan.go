package importer

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"plimsoll"
	"plimsoll/trajectory"
)

// otelChat is one model call among spans.
type otelChat struct {
	id, session string
	start, end  time.Time
	attrs       map[string]jsontext.Value
}

// otelChats picks the model calls, in order of time.
func otelChats(spans []otelSpan) ([]otelChat, error) {
	var out []otelChat
	for i := range spans {
		s := &spans[i]
		attrs, err := otelAttributes(s.Attrs)
		if err != nil {
			return nil, fmt.Errorf("spans[%d]: %w", i, err)
		}
		c := otelChat{id: s.SpanID, start: stamp(s.StartTime), end: stamp(s.EndTime), attrs: attrs, session: s.TraceID + s.OTLPTrace}
		if op := c.text("gen_ai.operation.name"); op != "chat" && op != "text_completion" && op != "generate_content" {
			continue
		}
		if n, err := strconv.ParseInt(s.StartNano, 10, 64); err == nil {
			c.start = time.Unix(0, n)
		}
		if n, err := strconv.ParseInt(s.EndNano, 10, 64); err == nil {
			c.end = time.Unix(0, n)
		}
		if c.end.Before(c.start) {
			return nil, fmt.Errorf("spans[%d] ends before it starts", i)
		}
		for _, key := range [...]string{"gen_ai.conversation.id", "session.id"} {
			if id := c.text(key); id != "" {
				c.session = id
				break
			}
		}
		out = append(out, c)
	}
	slices.SortStableFunc(out, func(a, b otelChat) int { return cmp.Compare(a.start.UnixNano(), b.start.UnixNano()) })
	return out, nil
}

// otelAttributes reads attributes as an object, or as OTLP's list of typed pairs.
func otelAttributes(v jsontext.Value) (map[string]jsontext.Value, error) {
	out := map[string]jsontext.Value{}
	if v.Kind() == '[' {
		var pairs []struct {
			Key   string                    `json:"key"`
			Value map[string]jsontext.Value `json:"value"`
		}
		if err := decode(v, &pairs); err != nil {
			return nil, fmt.Errorf("attributes: %w", err)
		}
		for _, p := range pairs {
			for _, typed := range p.Value {
				out[p.Key] = typed
			}
		}
		return out, nil
	}
	if v.Kind() != '{' {
		return out, nil
	}
	if err := decode(v, &out); err != nil {
		return nil, fmt.Errorf("attributes: %w", err)
	}
	return out, nil
}

// text returns an attribute as text; "" where it is missing.
func (c *otelChat) text(key string) string {
	text, err := stringOr(c.attrs[key])
	if err != nil {
		return ""
	}
	return text
}

// count returns the first of the attributes that holds a whole number.
func (c *otelChat) count(keys ...string) int {
	for _, key := range keys {
		if n, err := strconv.Atoi(strings.Trim(string(c.attrs[key]), `"`)); err == nil && n > 0 {
			return clampTokens(n)
		}
	}
	return 0
}

// list returns an attribute that holds a list, itself or as JSON in a string.
func (c *otelChat) list(key string) ([]jsontext.Value, error) {
	v := c.attrs[key]
	if v.Kind() == '"' {
		var text string
		if err := decode(v, &text); err != nil {
			return nil, err
		}
		v = jsontext.Value(text)
	}
	if len(v) == 0 {
		return nil, nil
	}
	var out []jsontext.Value
	if err := decode(v, &out); err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	return out, nil
}

// turn appends the call to its session.
func (c *otelChat) turn(log *sessions) error {
	tools, err := c.list("gen_ai.tool.definitions")
	if err != nil {
		return err
	}
	schemas := ""
	if len(tools) > 0 {
		parts := make([]string, len(tools))
		for i, t := range tools {
			parts[i] = compact(t)
		}
		schemas = "[" + strings.Join(parts, ",") + "]"
	}
	s := log.session(c.session, schemas)
	s.b.T.Source.Model = c.text("gen_ai.request.model")
	current, err := c.prompt(s)
	if err != nil {
		return err
	}
	reply, err := c.reply()
	if err != nil {
		return err
	}
	turn := plimsoll.Turn{
		Started: s.clock.at(c.start), Ended: s.clock.at(c.end),
		PromptTokens:    c.count("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
		CachedTokens:    c.count("gen_ai.usage.cache_read.input_tokens"),
		OutputTokens:    c.count("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
		ReasoningTokens: c.count("gen_ai.usage.reasoning.output_tokens"),
	}
	turn.CachedTokens = min(turn.CachedTokens, turn.PromptTokens)
	turn.ReasoningTokens = min(turn.ReasoningTokens, turn.OutputTokens)
	return s.append(current, turn, reply)
}

func (c *otelChat) prompt(s *session) ([]plimsoll.Span, error) {
	var current []plimsoll.Span
	for _, key := range [...]string{"gen_ai.system_instructions", "gen_ai.input.messages"} {
		messages, err := c.list(key)
		if err != nil {
			return nil, err
		}
		for i, raw := range messages {
			m, err := otelMessage(raw, key == "gen_ai.system_instructions")
			if err != nil {
				return nil, fmt.Errorf("%s[%d]: %w", key, i, err)
			}
			s.name(m)
			current = append(current, s.b.Store(m, current))
		}
	}
	if len(current) == 0 {
		return nil, fmt.Errorf("no gen_ai.input.messages; switch content capture on and record again")
	}
	return current, nil
}

func (c *otelChat) reply() (trajectory.Message, error) {
	if text := c.text("gen_ai.output.text"); text != "" {
		return trajectory.Message{{Role: plimsoll.Assistant, Kind: plimsoll.KindText, Text: text}}, nil
	}
	messages, err := c.list("gen_ai.output.messages")
	if err != nil || len(messages) == 0 {
		return nil, err
	}
	m, err := otelMessage(messages[0], false)
	if err != nil {
		return nil, fmt.Errorf("gen_ai.output.messages[0]: %w", err)
	}
	return m, nil
}

// otelMessage converts a message of parts ({role, parts: [{type, content, ...}]}),
// a system instruction's part, or a message in OpenAI's form.
func otelMessage(raw jsontext.Value, instruction bool) (trajectory.Message, error) {
	var v struct {
		Role  string `json:"role"`
		Parts []struct {
			Type      string         `json:"type"`
			Content   jsontext.Value `json:"content"`
			ID        string         `json:"id"`
			Name      string         `json:"name"`
			Arguments jsontext.Value `json:"arguments"`
			Response  jsontext.Value `json:"response"`
			Result    jsontext.Value `json:"result"`
		} `json:"parts"`
		Type    string         `json:"type"`
		Content jsontext.Value `json:"content"`
	}
	if err := decode(raw, &v); err != nil {
		return nil, err
	}
	if instruction && v.Role == "" {
		text, err := stringOr(v.Content)
		return trajectory.Message{{Role: plimsoll.System, Kind: plimsoll.KindSystem, Text: text}}, err
	}
	if len(v.Parts) == 0 {
		return decodeChat(raw)
	}
	role, kind, err := roleOf(v.Role)
	if err != nil {
		return nil, err
	}
	var m trajectory.Message
	for _, p := range v.Parts {
		s := plimsoll.Segment{Role: role, Kind: kind}
		body := p.Content
		switch p.Type {
		case "reasoning", "thinking":
			s.Kind = plimsoll.KindReasoning
		case "tool_call":
			s.Kind, s.Name, s.CallID, body = plimsoll.KindToolCall, p.Name, p.ID, p.Arguments
		case "tool_call_response":
			s.Kind, s.CallID, body = plimsoll.KindToolResult, p.ID, p.Response
			if len(body) == 0 {
				body = p.Result
			}
		}
		if s.Text, err = stringOr(body); err != nil {
			return nil, err
		}
		m = append(m, s)
	}
	return m, nil
}
