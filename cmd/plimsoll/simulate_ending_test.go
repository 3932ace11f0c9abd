package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"plimsoll"
	"plimsoll/result"
	"plimsoll/search"
	"plimsoll/sim/profile"
	"plimsoll/sim/study"
)

// ending is a search that ends in one way: what a level of so many agents says, and what
// the searcher is told besides.
type ending struct {
	name   string
	change func(*search.Config)
	level  func(agents int) plimsoll.Verdict
	broken func(agents int) string // the engine is lost in that level

	cell  string   // of the table, under Agents
	says  []string // in the text, once the lines are joined
	never string   // is not said
	limit bool     // a limit is named
	open  bool
}

func passes(int) plimsoll.Verdict {
	return plimsoll.Verdict{Outcome: plimsoll.Pass, SpeedTPS: 40, TTFTs: 5}
}

// upTo passes so many agents; beyond, levels end as outcome says.
func upTo(most int, outcome plimsoll.Outcome, reason string) func(int) plimsoll.Verdict {
	return func(n int) plimsoll.Verdict {
		if n <= most {
			return passes(n)
		}
		v := plimsoll.Verdict{Outcome: outcome, SpeedTPS: 25, TTFTs: 15, Reasons: []string{reason}}
		if outcome == plimsoll.Fail {
			v.BoundBy = "ttft"
		}
		return v
	}
}

const late = "P95 TTFT 15 s is above 10 s"

func endings() []ending {
	cut := "2174 of 188746 turns were cut while they could still have gone either way"
	return []ending{
		{name: "a bracket", level: upTo(13, plimsoll.Fail, late), cell: "13", says: []string{"13 passed, 14 failed: " + late + ".", "Limit "}, limit: true},
		{name: "undecided above", level: upTo(13, plimsoll.Undecided, cut), cell: "13",
			says: []string{"13 passed, 14 was undecided (" + cut + "), which counts as not passed."}, never: "failed"},
		{name: "undecided, then failing", cell: "13", limit: true,
			level: func(n int) plimsoll.Verdict {
				if n == 14 {
					return upTo(0, plimsoll.Undecided, cut)(n)
				}
				return upTo(13, plimsoll.Fail, late)(n)
			},
			says: []string{"14 was undecided (" + cut + ")", "Limit ", "at 16 agents, the fewest that failed, "}},
		{name: "highest level allowed", change: func(c *search.Config) { c.MaxAgents = 24 }, level: passes, cell: "≥ 24", open: true,
			says: []string{"at least 24: the highest level allowed passed."}, never: "failed"},
		{name: "top rung", change: func(c *search.Config) { c.Levels = []int{4, 8} }, level: passes, cell: "≥ 8", open: true,
			says: []string{"at least 8: the highest level allowed passed."}, never: "failed"},
		{name: "a single agent fails", level: upTo(0, plimsoll.Fail, late), cell: "0", says: []string{"a single agent fails: " + late}, limit: true},
		{name: "nothing decided", level: upTo(0, plimsoll.Undecided, cut), cell: "≥ 0 (undecided)", says: []string{"no level passed, the smallest of 1 agents: " + cut}},
		{name: "void", level: upTo(3, plimsoll.Void, "the client sent late"), cell: "≥ 2 (void)",
			says: []string{"at least 2: level 2 of 4 agents was void 3 times: the client sent late"}},
		{name: "lost", level: passes, broken: func(n int) string {
			if n == 8 {
				return "connection refused"
			}
			return ""
		}, cell: "≥ 4 (void)", says: []string{"at least 4: the engine was lost in level 3 of 8 agents: connection refused"}},
		{name: "budget before a bracket", change: func(c *search.Config) { c.Budget = 3 * time.Hour }, level: passes, cell: "(undecided)",
			says: []string{"at least ", "the budget of 3h0m0s is spent"}, never: "highest level allowed"},
		{name: "levels before the step", change: func(c *search.Config) { c.MaxLevels = 5 }, level: upTo(13, plimsoll.Fail, late), cell: "12", limit: true,
			says: []string{"12 passed, 16 failed: " + late + "; the step of 4 is coarser than asked"}},
		{name: "not monotone", change: func(c *search.Config) { c.Levels = []int{4, 8, 16} }, cell: "≥ 4 (non-monotone)", limit: true,
			level: func(n int) plimsoll.Verdict {
				if n == 8 {
					return upTo(4, plimsoll.Fail, late)(n)
				}
				return passes(n)
			},
			says: []string{"16 passed although 8 did not: the engine is not monotone here, at least 4 holds"}},
	}
}

// end runs the search to its end.
func (e ending) end(t *testing.T) result.Result {
	t.Helper()
	preset, err := search.PresetByName("aa")
	if err != nil {
		t.Fatal(err)
	}
	c := preset.Config([]plimsoll.Tier{{Name: "20tps/10s", SpeedTPS: 20, TTFT: 10 * time.Second}})
	c.Resolution, c.First = 0, 2
	if e.change != nil {
		e.change(&c)
	}
	method, err := search.New(c)
	if err != nil {
		t.Fatal(err)
	}
	r := result.Result{Preset: "aa", Method: "aa", Accelerators: 8}
	r.Trajectories.Uncached = 800
	var past []plimsoll.Past
	for range 100 {
		stage, answer := method.Next(past)
		if answer != nil {
			a := answer.Tiers[0]
			tier := result.Tier{Name: a.Tier.Name, SpeedTPS: 20, TTFTs: 10, Verdict: a.Outcome, AtLeast: a.AtLeast, Open: a.Open, LowestFail: a.LowestFail, BoundBy: a.BoundBy, Reason: a.Reason}
			if a.Capacity >= 0 {
				tier.Capacity = &a.Capacity
			}
			for i, p := range past {
				v := p.Verdicts[0]
				tier.Verdicts = append(tier.Verdicts, result.Verdict{Level: r.Levels[i].ID, Agents: v.Agents, Verdict: v.Outcome, BoundBy: v.BoundBy, Reasons: v.Reasons})
			}
			r.Tiers = []result.Tier{tier}
			return r
		}
		v := e.level(stage.Agents)
		v.Tier, v.Agents, v.Level, v.Attempt = "20tps/10s", stage.Agents, stage.Level, stage.Attempt
		p := plimsoll.Past{Stage: *stage, Took: 3600, Verdicts: []plimsoll.Verdict{v}}
		if e.broken != nil {
			if p.Evidence.Observed.Broken = e.broken(stage.Agents); p.Evidence.Observed.Broken != "" {
				p.Verdicts[0].Outcome = plimsoll.Void
			}
		}
		past = append(past, p)
		r.Levels = append(r.Levels, result.Level{ID: fmt.Sprintf("%04d.%d", stage.Level, stage.Attempt), Agents: stage.Agents, TTFTs: result.Number(v.TTFTs),
			SpeedTPS: result.Number(v.SpeedTPS), MeanInput: 25000, MeanUncached: 900, MeanOutput: 450, TurnsPerMinute: 60})
	}
	t.Fatalf("%s: no answer after 100 levels", e.name)
	return r
}

// TestSimulateEndings says of every ending of a search what it was, in the table, in the
// text and in JSON.
func TestSimulateEndings(t *testing.T) {
	shape, err := profile.Load("h200")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range endings() {
		r := e.end(t)
		rows, err := study.Rows(shape, r, nil)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		showSystem(page{&out, 100}, shape, r, rows)
		line, _, _ := strings.Cut(out.String()[strings.Index(out.String(), "20tps/10s"):], "\n")
		text := strings.Join(strings.Fields(out.String()), " ")
		if !strings.Contains(line, " "+e.cell+" ") {
			t.Errorf("%s: the table says %q, want %q", e.name, line, e.cell)
		}
		for _, want := range e.says {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is not said:\n%s", e.name, want, out.String())
			}
		}
		if e.never != "" && strings.Contains(text, e.never) {
			t.Errorf("%s: %q is said:\n%s", e.name, e.never, out.String())
		}
		data, err := json.Marshal(rows[0])
		var said struct {
			Reason, Limit string
			Open          bool
		}
		if err = json.Unmarshal(data, &said); err != nil {
			t.Fatal(err)
		}
		if said.Reason != r.Tiers[0].Reason || said.Open != e.open || (said.Limit != "") != e.limit {
			t.Errorf("%s: JSON says %+v, want open %v, a limit %v and the reason %q", e.name, said, e.open, e.limit, r.Tiers[0].Reason)
		}
	}
}
