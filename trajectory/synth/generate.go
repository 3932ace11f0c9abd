package synth

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"plimsoll"
	"plimsoll/token"
	"plimsoll/trajectory"
)

// Mini makes the built-in set of the default run: count trajectories of the
// preset mini. The same seed gives the same bytes.
func Mini(seed uint64, count int) (*trajectory.Set, error) {
	p, err := LoadPreset("mini")
	if err != nil {
		return nil, err
	}
	return p.Generate(seed, count)
}

// Generate draws count trajectories. The same preset and seed give the same
// bytes, and trajectory i does not depend on count. Counts are exact in the
// bytes4 basis.
func (p *Preset) Generate(seed uint64, count int) (*trajectory.Set, error) {
	if count < 1 || count > 1_000_000 {
		return nil, fmt.Errorf("count is %d; it must be 1 to 1,000,000", count)
	}
	w, err := newWriter(p, seed)
	if err != nil {
		return nil, err
	}
	ts := make([]*plimsoll.Trajectory, count)
	for i := range ts {
		ts[i] = w.trajectory(i)
	}
	return trajectory.NewSet(p.Name, ts, token.Bytes4{})
}

// writer holds what all trajectories of a set share.
type writer struct {
	preset    *Preset
	seed      uint64
	grammars  map[string]*grammar
	languages []string
	weights   []float64 // of languages
	system    string
	schemas   string
}

func newWriter(p *Preset, seed uint64) (*writer, error) {
	w := &writer{preset: p, seed: seed, grammars: map[string]*grammar{}, languages: slices.Sorted(maps.Keys(p.Languages))}
	for _, language := range w.languages {
		g, err := readGrammar("words", "prose", "output", language)
		if err != nil {
			return nil, err
		}
		w.grammars[language] = g
		w.weights = append(w.weights, p.Languages[language])
	}
	s := newSource(seed, "scaffold")
	g := w.grammars[w.languages[0]]
	w.schemas = toolSchemas(p, g, s)
	head := "You are a coding agent that works in a user's repository through tools. You read, change and test code until the task is done.\n\nRules:\n"
	w.system = string(g.write([]byte(head), s, "rule", max(0, 4*p.SystemTokens-len(head))))[:4*p.SystemTokens]
	return w, nil
}

// trajectory draws trajectory i.
func (w *writer) trajectory(i int) *plimsoll.Trajectory {
	p := w.preset
	s := newSource(w.seed, "trajectory", uint64(i))
	language := w.languages[pick(s, w.weights)]
	b := trajectory.NewBuilder(fmt.Sprintf("%s-%d-%05d", p.Name, w.seed, i))
	b.T.Source = plimsoll.Source{Format: "synth", Harness: p.Harness, Version: "1"}
	b.T.Language = language
	for _, field := range [...]string{"system", "tools", "timing", "tokens", "reasoning"} {
		b.T.Fidelity[field] = plimsoll.Exact
	}
	if p.ToolTokens > 0 {
		b.Tools(w.schemas)
	}
	system := b.Add(trajectory.Message{{Role: plimsoll.System, Kind: plimsoll.KindSystem, Text: w.system}})
	b.T.Scaffold = system.To
	walk := &session{writer: w, b: b, s: s, g: w.grammars[language], growth: p.Growth.at(spread(w.seed, 1, i))}
	walk.turns = max(1, int(p.Turns.at(spread(w.seed, 0, i))+0.5))
	walk.head, walk.context = system, p.SystemTokens+p.ToolTokens+token.PerMessage
	walk.windows(i)
	opening := append([]plimsoll.Span{system}, walk.earlier(i)...)
	opening = append(opening, walk.user(int(p.Task.at(spread(w.seed, 2, i))+0.5)))
	prompt := b.Prompt(0, opening...)
	for n := 1; n <= walk.turns; n++ {
		next, more := walk.turn(prompt, n == walk.turns)
		if !more {
			break
		}
		prompt = next
	}
	return b.T
}

// minReply is the shortest reply, in tokens; one that calls a tool has room for
// the call.
const minReply = 12

// callTokens is what the shortest call of a tool takes.
func callTokens(t *Tool) int {
	key, _ := argument(t.Class)
	return (len(t.Name) + len(`{"":""}`) + len(key) + 16 + 3) / 4
}

// session is one trajectory under way.
type session struct {
	*writer
	b       *trajectory.Builder
	s       *source
	g       *grammar
	growth  float64
	head    plimsoll.Span // the system prompt
	turns   int           // planned
	compact int           // context from which it is compacted; 0 never
	marker  string        // of the next turn
	context int           // tokens of the next prompt
	delay   time.Duration // tool time before the next turn
	event   []plimsoll.ToolEvent
	weights []float64 // scratch
	clock   time.Duration
}

func (k *session) user(tokens int) plimsoll.Span {
	rule := "issue"
	if tokens > 500 {
		rule = "brief"
	}
	text := k.g.write(nil, k.s, rule, 4*tokens)
	k.context += tokens + token.PerMessage
	return k.b.Add(trajectory.Message{{Role: plimsoll.User, Kind: plimsoll.KindUser, Text: string(text)}})
}

// turn appends a turn with prompt and draws what follows it: the next prompt, or
// false where the trajectory ends.
func (k *session) turn(prompt []plimsoll.Span, last bool) (next []plimsoll.Span, more bool) {
	id := fmt.Sprintf("call_%05d", len(k.b.T.Turns))
	d := k.act(id, k.preset.Reasoning, last)
	turn := plimsoll.Turn{Delay: k.delay, Prompt: prompt, Output: []plimsoll.Span{d.output}, Tools: k.event, Finish: "tool_calls", Started: k.clock, Ended: k.clock, Marker: k.marker}
	k.marker = ""
	if n := len(k.b.T.Turns); n > 0 {
		turn.WaitFor = []int{n - 1}
	}
	if last {
		turn.Finish = "stop"
	}
	k.b.Turn(turn)
	if last {
		return nil, false
	}
	carried := k.b.WithoutReasoning(d.output)
	result := int(d.tool.Result.draw(k.s)*k.growth + 0.5)
	k.context += d.carried + result + 2*token.PerMessage
	if k.compact == 0 && k.context+minReply > k.preset.MaxContext {
		return nil, false
	}
	answer := k.answer(d.tool, id, result)
	k.delay = time.Duration(d.tool.Delay.draw(k.s)*1e6) * time.Microsecond
	k.event = []plimsoll.ToolEvent{{CallID: id, Name: d.tool.Name, Class: d.tool.Class, Start: k.clock, Duration: k.delay, Status: "ok"}}
	k.clock += k.delay
	if k.compact > 0 && k.context > k.compact {
		return k.compacted(), true
	}
	return k.b.Prompt(0, append(carried, answer)...), true
}

// acted is a reply and the tool that it calls.
type acted struct {
	tool    *Tool
	output  plimsoll.Span
	carried int // tokens that later prompts carry of it: all but the reasoning
}

// act draws a reply that calls a tool, or the last one.
func (k *session) act(id string, reasoning Law, last bool) acted {
	p := k.preset
	size := max(minReply, min(p.Output.count(k.s), p.MaxContext-k.context))
	tool := &p.Tools[pick(k.s, k.toolWeights())]
	call := callTokens(tool)
	size = max(size, call)
	thought := min(int(float64(size)*reasoning.draw(k.s)), size-call)
	return acted{tool, k.b.Add(k.reply(4*size, 4*thought, tool, id, last)), size - thought}
}

// answer adds what a tool printed.
func (k *session) answer(tool *Tool, id string, tokens int) plimsoll.Span {
	text := k.g.write(nil, k.s, resultRule(tool.Class), 4*tokens)
	return k.b.Add(trajectory.Message{{Role: plimsoll.Tool, Kind: plimsoll.KindToolResult, Name: tool.Name, CallID: id, Text: string(text)}})
}

// toolWeights are the tools' weights at this place of the trajectory: agents read
// and search early, edit and test late.
func (k *session) toolWeights() []float64 {
	progress := float64(len(k.b.T.Turns)) / float64(k.turns)
	k.weights = k.weights[:0]
	for _, t := range k.preset.Tools {
		late := t.Late
		if late == 0 {
			late = t.Weight
		}
		k.weights = append(k.weights, t.Weight+(late-t.Weight)*progress)
	}
	return k.weights
}

// pick draws an index in proportion to its weight.
func pick(s *source, weights []float64) int {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	x := s.unit() * total
	for i, w := range weights {
		if x -= w; x < 0 {
			return i
		}
	}
	return len(weights) - 1
}
