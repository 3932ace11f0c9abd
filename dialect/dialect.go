package dialect

import (
	"encoding/json"
	"fmt"
	"strings"

	"plimsoll"
)

// Dialect is one wire format. The set is closed: see [ByName].
type Dialect interface {
	// Name is the dialect's name in flags and results.
	Name() string
	// Path is the endpoint below the engine's base URL, which ends in /v1.
	Path() string
	// Headers are what requests carry besides the usual: the first names the header
	// of the API key and what stands before the key.
	Headers() []Header
	// Encode encodes a trajectory once, for all agents and turns.
	Encode(t *plimsoll.Trajectory, o Options) (*Encoded, error)

	// event reads one event's data into the scanner's reply.
	event(data []byte, s *Scanner) error
}

// Header is one HTTP header.
type Header struct{ Name, Value string }

// Default is the dialect that engines are spoken to in unless another is named.
const Default = "chat"

// Names lists the dialects.
func Names() []string { return []string{"chat", "completions", "responses", "messages"} }

// ByName returns the dialect of that name.
func ByName(name string) (Dialect, error) {
	switch name {
	case "chat":
		return chat{}, nil
	case "completions":
		return completions{}, nil
	case "responses":
		return responses{}, nil
	case "messages":
		return messages{}, nil
	}
	return nil, fmt.Errorf("dialect %q is unknown: want one of %s", name, strings.Join(Names(), ", "))
}

// Options are what the requests of a run share.
type Options struct {
	Model string
	// Usage asks for a usage object at the stream's end, ContinuousUsage for one
	// in every event (vLLM, SGLang). Dialects that always send usage ignore both.
	Usage           bool
	ContinuousUsage bool
	// ReasoningEffort is sent where it is not empty.
	ReasoningEffort string
	// Extra is a JSON object whose members join every request: sampling fields,
	// chat_template_kwargs and the like. It must not name a member that the
	// dialect writes itself.
	Extra json.RawMessage
}

// Validate names the first option that is wrong.
func (o Options) Validate() error {
	if o.Model == "" {
		return fmt.Errorf("model is empty: name the model that the engine serves")
	}
	if o.ContinuousUsage && !o.Usage {
		return fmt.Errorf("continuous usage needs usage")
	}
	_, err := o.members()
	return err
}

// open writes what every request begins with; extra follows what the dialect adds.
func (o Options) open() (head, extra []byte, err error) {
	if err := o.Validate(); err != nil {
		return nil, nil, err
	}
	extra, err = o.members()
	head = appendQuoted([]byte(`{"model":`), o.Model)
	return append(head, `,"stream":true`...), extra, err
}

// members returns the extra body's members as they are written into a request,
// each with a leading comma.
func (o Options) members() ([]byte, error) {
	if len(o.Extra) == 0 {
		return nil, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(o.Extra, &fields); err != nil {
		return nil, fmt.Errorf("extra body: want one JSON object: %w", err)
	}
	for _, own := range []string{"model", "messages", "input", "prompt", "system", "instructions", "tools", "stream", "stream_options",
		"max_tokens", "max_completion_tokens", "max_output_tokens", "min_tokens", "ignore_eos", "n", "store", "reasoning_effort"} {
		if _, clash := fields[own]; clash {
			return nil, fmt.Errorf("extra body: member %q is written by the dialect itself: leave it out", own)
		}
	}
	w := walker{b: o.Extra}
	return w.rawMembers(), nil
}
