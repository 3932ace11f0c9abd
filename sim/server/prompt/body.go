package prompt

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Request is a chat completion request as far as an engine needs it.
type Request struct {
	Options Options
	Tokens  int      // of the prompt
	Blocks  []uint64 // identities of its full blocks
	Sum     uint64   // identifies the whole prompt
}

// Options are the request's fields besides the conversation.
type Options struct {
	Model               string        `json:"model"`
	Stream              bool          `json:"stream"`
	MaxTokens           *int          `json:"max_tokens"`
	MaxCompletionTokens *int          `json:"max_completion_tokens"`
	MinTokens           int           `json:"min_tokens"`
	IgnoreEOS           bool          `json:"ignore_eos"`
	N                   *int          `json:"n"`
	StreamOptions       StreamOptions `json:"stream_options"`
}

// StreamOptions say what a streamed reply carries.
type StreamOptions struct {
	IncludeUsage    bool `json:"include_usage"`
	ContinuousUsage bool `json:"continuous_usage_stats"`
}

// bodyScan is the state of one pass over a body.
type bodyScan struct {
	scanner
	prompt   chain
	tools    []byte // raw JSON of the tools, nil: none
	guess    []byte // tools that the prompt is hashed with
	messages int    // seen so far
	seen     bool   // the key "messages"
	fields   []byte // the other fields, as an object under construction
	marks    []mark // one after each message
}

// newScan begins a pass; guess stands for the tools until they are seen.
func newScan(b []byte, blockTokens int, guess []byte) *bodyScan {
	s := &bodyScan{scanner: scanner{b: b}, guess: guess, fields: []byte{'{'}}
	s.prompt = newChain(blockTokens)
	return s
}

// finish checks the end and decodes the small fields.
func (s *bodyScan) finish() (*Request, error) {
	if s.peek(); s.i != len(s.b) {
		return nil, s.fail("the end of the body")
	}
	if s.messages == 0 {
		return nil, errors.New("messages is missing or empty")
	}
	s.fields = append(s.fields, '}')
	out := Request{Tokens: s.prompt.tokens(), Blocks: s.prompt.ids, Sum: s.prompt.sum()}
	if err := json.Unmarshal(s.fields, &out.Options); err != nil {
		return nil, fmt.Errorf("request fields: %w", err)
	}
	return &out, nil
}

func (s *bodyScan) field(key []byte) error {
	switch string(key) {
	case "messages":
		if s.seen {
			return errors.New("messages is given twice")
		}
		s.seen = true
		return s.array(s.message)
	case "tools":
		if s.tools != nil {
			return errors.New("tools is given twice")
		}
		raw, err := s.value(0)
		if string(raw) != "null" {
			s.tools = raw
		}
		return err
	}
	raw, err := s.value(0)
	if err != nil {
		return err
	}
	switch string(key) {
	case "model", "stream", "max_tokens", "max_completion_tokens", "min_tokens", "ignore_eos", "n", "stream_options":
		if len(s.fields) > 1 {
			s.fields = append(s.fields, ',')
		}
		s.fields = append(s.fields, '"')
		s.fields = append(s.fields, key...)
		s.fields = append(append(s.fields, '"', ':'), raw...)
	}
	return nil
}

// message reads one message into the prompt.
func (s *bodyScan) message(i int) error {
	var role []byte
	err := s.object(func(key []byte) error {
		switch string(key) {
		case "role":
			s.peek()
			from := s.i
			err := s.text(nil)
			role = s.b[from:s.i]
			return err
		case "content":
			return s.content()
		case "reasoning_content", "reasoning":
			return s.maybeText()
		case "tool_calls":
			return s.toolCalls()
		}
		_, err := s.value(0)
		return err
	})
	if err != nil {
		return err
	}
	if len(role) < 3 {
		return fmt.Errorf("messages[%d].role is missing", i)
	}
	s.prompt.endMessage(role[1 : len(role)-1])
	if i == 0 && s.guess != nil {
		s.prompt.write(s.guess)
		s.prompt.endTools()
	}
	s.messages++
	s.mark()
	return nil
}

func (s *bodyScan) maybeText() error {
	if s.null() {
		return nil
	}
	return s.text(&s.prompt)
}

// content reads a message's content: a string, null, or parts of type text.
func (s *bodyScan) content() error {
	if s.peek() != '[' {
		return s.maybeText()
	}
	return s.array(func(int) error {
		return s.object(func(key []byte) error {
			switch string(key) {
			case "text":
				return s.text(&s.prompt)
			case "type":
				kind, err := s.value(0)
				if err == nil && string(kind) != `"text"` {
					return fmt.Errorf("content part of type %s is not modelled; only text is", kind)
				}
				return err
			}
			_, err := s.value(0)
			return err
		})
	})
}

// toolCalls reads name and arguments of an assistant's calls.
func (s *bodyScan) toolCalls() error {
	if s.null() {
		return nil
	}
	return s.array(func(int) error {
		return s.object(func(key []byte) error {
			if string(key) != "function" {
				_, err := s.value(0)
				return err
			}
			return s.object(func(key []byte) error {
				switch string(key) {
				case "name", "arguments":
					return s.text(&s.prompt)
				}
				_, err := s.value(0)
				return err
			})
		})
	})
}
