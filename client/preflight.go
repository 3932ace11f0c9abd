package client

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"plimsoll"
	"plimsoll/dialect"
)

// Expect is what a run is about to ask of the engine.
type Expect struct {
	Options dialect.Options
	Policy  dialect.Policy // Recorded or Free
	// Context is the longest prompt with its reply, in tokens; 0 unknown.
	Context int
}

// The probes' lengths, in tokens, and how long one may take.
const (
	probeTokens = 16
	toolTokens  = 64
	probeTime   = 2 * time.Minute
)

// Preflight asks before a run what would void it later: does the engine answer,
// know the model, stream, send usage, obey the length, count as we do, time a tool
// call, bear the context. The findings hold every answer that was had; the error is
// the first one that makes a run pointless, one sentence that says what to do.
func (c *Client) Preflight(ctx context.Context, want Expect) ([]plimsoll.Finding, error) {
	p := &preflight{client: c, want: want}
	for _, step := range []func(context.Context) error{p.reach, p.stream, p.tools} {
		if err := step(ctx); err != nil {
			return p.findings, err
		}
	}
	return p.findings, nil
}

type preflight struct {
	client   *Client
	want     Expect
	findings []plimsoll.Finding
}

func (p *preflight) found(name string, ok bool, note string) {
	p.findings = append(p.findings, plimsoll.Finding{Name: name, OK: ok, Note: note})
}

// reach looks at /models.
func (p *preflight) reach(ctx context.Context) error {
	c := p.client
	url := c.targets[0].safe
	list, err := c.get(ctx, "/models", true)
	for _, t := range c.targets[1:] {
		if err == nil {
			err = c.alike(ctx, t, list)
		}
	}
	if err != nil {
		p.found("reachable", false, err.Error())
		return err
	}
	p.found("reachable", true, several(len(c.targets)))
	if list.status == http.StatusUnauthorized || list.status == http.StatusForbidden {
		p.found("key", false, fmt.Sprintf("HTTP %d", list.status))
		return fmt.Errorf("%s refuses the API key (HTTP %d): %s", url, list.status, statusHint(list.status))
	}
	served := servedModels(list.body)
	if list.status != http.StatusOK || len(served) == 0 {
		p.found("model", true, fmt.Sprintf("/models says nothing (HTTP %d): the name is tried as it is", list.status))
		return nil
	}
	var names []string
	for _, m := range served {
		names = append(names, m.ID)
		if m.ID != c.config.Model {
			continue
		}
		p.found("model", true, "")
		if limit := m.context(); limit > 0 && p.want.Context > 0 {
			fits := p.want.Context <= limit
			p.found("context", fits, fmt.Sprintf("longest turn %d tokens, engine bears %d", p.want.Context, limit))
			if !fits {
				return fmt.Errorf("the longest turn has %d tokens but %s bears %d: raise the engine's context or cut the trajectories", p.want.Context, url, limit)
			}
		}
		return nil
	}
	p.found("model", false, "served: "+strings.Join(names, ", "))
	return fmt.Errorf("%s does not serve model %q: it serves %s; name one of these with --model", url, c.config.Model, cut(strings.Join(names, ", ")))
}

// alike asks another URL of the deployment for its models and says so where it does not
// serve the model that the first does.
func (c *Client) alike(ctx context.Context, t *target, first info) error {
	list, err := c.ask(ctx, http.MethodGet, t, "/models", true)
	if err != nil {
		return err
	}
	serves := func(i info) bool {
		return slices.ContainsFunc(servedModels(i.body), func(m servedModel) bool { return m.ID == c.config.Model })
	}
	if list.status != first.status || serves(list) != serves(first) {
		return fmt.Errorf("%s is not like %s: HTTP %d and %d to /models, and one of them may not serve %q: several --url are one deployment", t.safe, c.targets[0].safe, list.status, first.status, c.config.Model)
	}
	return nil
}

func several(urls int) string {
	if urls == 1 {
		return ""
	}
	return fmt.Sprintf("%d URLs", urls)
}

// stream sends a short turn with the run's output policy.
func (p *preflight) stream(ctx context.Context) error {
	row, err := p.probe(ctx, "Count from one to fifty in words.", "", dialect.Output{Policy: p.want.Policy, Max: probeTokens})
	if err != nil {
		return err
	}
	url := p.client.targets[row.URL].safe
	switch row.Class {
	case plimsoll.ClassOK, plimsoll.ClassWrongLength:
		p.found("streams", true, fmt.Sprintf("%d events in %d reads", row.Events, row.Reads))
	case plimsoll.ClassNoStream, plimsoll.ClassNoTokens:
		p.found("streams", false, row.Error)
		return fmt.Errorf("%s does not stream (%s): TTFT cannot be measured; turn streaming on or choose another --dialect", url, row.Error)
	default:
		p.found("streams", false, row.Error)
		return p.refused(url, &row)
	}
	if err := p.counts(url, &row); err != nil {
		return err
	}
	if p.want.Policy != dialect.Recorded {
		return nil
	}
	p.found("ignore_eos", row.Class == plimsoll.ClassOK, row.Error)
	if row.Class == plimsoll.ClassWrongLength {
		return fmt.Errorf("%s does not obey ignore_eos and max_tokens (%s): use --output free, whose result is not comparable", url, row.Error)
	}
	return nil
}

// refused explains a first turn that failed.
func (p *preflight) refused(url string, row *plimsoll.Row) error {
	hint := statusHint(int(row.Status))
	switch {
	case row.Status == http.StatusBadRequest && p.want.Policy == dialect.Recorded:
		hint = "if it refuses ignore_eos or min_tokens, use --output free"
	case row.Class == plimsoll.ClassTimeout:
		hint = "wait until the engine is up, or make it faster"
	}
	return fmt.Errorf("a first turn on %s failed, %s (%s): %s", url, row.Class, row.Error, hint)
}

// statusHint says what to do about a status, whatever was asked.
func statusHint(status int) string {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return "name the variable that holds a valid key with --api-key-env"
	case http.StatusNotFound:
		return "mend the URL (it ends in /v1 as a rule), --model or --dialect"
	}
	return "look at the engine's log"
}

// counts compares usage with the local count.
func (p *preflight) counts(url string, row *plimsoll.Row) error {
	c := p.client
	if row.UsageCompletion < 0 {
		p.found("usage", false, "no usage in the stream")
		if c.config.Counter == nil || !c.config.Exact {
			return fmt.Errorf("%s sends no usage and the local count is not the engine's own: make it send usage, or give its tokenizer by --tokenizer ./tokenizer.json", url)
		}
		return nil
	}
	note := "completion"
	if row.UsageCached >= 0 {
		note += ", cached"
	}
	if row.UsageReasoning >= 0 {
		note += ", reasoning"
	}
	if row.FirstChunkSource == "usage" {
		note += ", in every event"
	}
	p.found("usage", true, note)
	if c.config.Exact && row.LocalTokens >= 0 {
		same := row.LocalTokens == row.UsageCompletion
		p.found("local_count", same, fmt.Sprintf("usage %d, local %d (%s)", row.UsageCompletion, row.LocalTokens, c.config.Counter.Basis()))
	}
	return nil
}

// tools asks for a tool call; it is timed if it comes.
func (p *preflight) tools(ctx context.Context) error {
	const schema = `[{"type":"function","function":{"name":"read_file","description":"Reads a file.","parameters":{"type":"object","properties":{"path":{"type":"string"}},"required":["path"]}}}]`
	row, err := p.probe(ctx, "Read the file main.go with the tool read_file.", schema, dialect.Output{Policy: dialect.Free, Max: toolTokens})
	if err != nil {
		return err
	}
	switch {
	case row.Class != plimsoll.ClassOK:
		p.found("tool_call", false, "a request with tools failed: "+string(row.Class)+" "+row.Error)
	case row.Finish == "tool_calls":
		p.found("tool_call", row.FirstToken != plimsoll.Never, "called and timed")
	default:
		p.found("tool_call", true, "tools are taken; the model made no call, finish "+strconv.Quote(row.Finish))
	}
	return nil
}

// probe sends one turn of its own.
func (p *preflight) probe(ctx context.Context, ask, tools string, o dialect.Output) (plimsoll.Row, error) {
	t := &plimsoll.Trajectory{
		ID: "preflight",
		Segments: []plimsoll.Segment{
			{Message: 0, Role: plimsoll.System, Kind: plimsoll.KindSystem, Text: "You are a coding agent."},
			{Message: 1, Role: plimsoll.User, Kind: plimsoll.KindUser, Text: ask},
		},
		Turns: []plimsoll.Turn{{Prompt: []plimsoll.Span{{From: 0, To: 2}}, OutputTokens: o.Max}},
	}
	if tools != "" {
		t.Segments = append(t.Segments, plimsoll.Segment{Message: 2, Kind: plimsoll.KindTools, Text: tools})
	}
	encoded, err := p.client.config.Dialect.Encode(t, p.want.Options)
	if err != nil {
		return plimsoll.Row{}, fmt.Errorf("preflight: %w", err)
	}
	defer p.client.Release(preflightSlot)
	var row plimsoll.Row
	p.client.Do(ctx, time.Now(), Call{Slot: preflightSlot, Encoded: encoded, Output: o, Request: probeTime}, &row)
	if row.Class.Cut() {
		return row, fmt.Errorf("preflight: %w", ctx.Err())
	}
	return row, nil
}

// preflightSlot is a slot that no agent has.
const preflightSlot = 1 << 30
