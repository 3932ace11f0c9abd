package result

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"plimsoll"
	"plimsoll/bundle"
)

// Finding is something in a run folder that does not follow from its rows.
type Finding struct {
	Where string `json:"where"` // a file, or a figure: "result.json tiers[30tps/10s].capacity"
	What  string `json:"what"`  // one sentence
}

// String joins both.
func (f Finding) String() string { return f.Where + " " + f.What }

// Verify checks a run folder as a third party would, offline: every file against
// the manifest, and every figure of result.json against the figure computed again
// from the rows, the meter readings and facts.json, and every level against what the
// search asks for at that point. No finding: all of it follows.
//
// It shows that the numbers follow from the rows. It cannot show that the rows are
// honest, nor which hardware and which model they came from.
func Verify(d *bundle.Dir) ([]Finding, error) {
	differences, err := d.Check()
	if err != nil {
		return nil, err
	}
	var found []Finding
	for _, diff := range differences {
		found = append(found, Finding{diff.Path, diff.What})
	}
	stored, err := d.ReadFile(bundle.ResultFile)
	if errors.Is(err, fs.ErrNotExist) {
		return append(found, Finding{bundle.ResultFile, "is missing: there is no figure to check"}), nil
	}
	if err != nil {
		return nil, err
	}
	again, err := Folded(d)
	if err != nil {
		return append(found, Finding{bundle.ResultFile, "cannot be computed again: " + err.Error()}), nil
	}
	figures, err := differing(stored, again.Result())
	if err != nil {
		return append(found, Finding{bundle.ResultFile, err.Error()}), nil
	}
	found = append(found, opened(again.Past())...)
	if other := OtherRules(d.Facts()); other != "" {
		found = append(found, Finding{bundle.FactsFile, other + ": levels and figures are checked, what the search made of them is not"})
		return append(found, slices.DeleteFunc(figures, decided)...), nil
	}
	strayed, err := strayed(d.Facts(), again.Past())
	if err != nil {
		return nil, err
	}
	return append(append(found, figures...), strayed...), nil
}

// decided reports whether a finding is of a figure that the search decides.
func decided(f Finding) bool {
	name := strings.TrimPrefix(f.Where, bundle.ResultFile+" ")
	return name == "ended" || name == "partial" || strings.HasPrefix(name, "tiers[")
}

// strayed names the first level that is not the one that the search asks for after
// those before it: a level was left out, added or chosen by hand.
func strayed(f plimsoll.Facts, past []plimsoll.Past) ([]Finding, error) {
	method, _, err := Method(f)
	if err != nil {
		return nil, err
	}
	for i, p := range past {
		id := bundle.ID(p.Stage.Level, p.Stage.Attempt)
		stage, answer := method.Next(past[:i])
		switch {
		case answer != nil:
			return []Finding{{bundle.LevelsDir + "/" + id, "was measured after the search had its answer: " + answer.Reason}}, nil
		case stage.Level != p.Stage.Level || stage.Attempt != p.Stage.Attempt || stage.Agents != p.Stage.Agents || stage.Fresh != p.Stage.Fresh:
			return []Finding{{bundle.LevelsDir + "/" + id, fmt.Sprintf("holds %d agents; the search asks for level %s of %d",
				p.Stage.Agents, bundle.ID(stage.Level, stage.Attempt), stage.Agents)}}, nil
		}
	}
	return nil, nil
}

// driftSlack is how far a drift by the rows may lie from the one that the load generator
// had: that knew of a turn a moment earlier or later than its row says.
const driftSlack = 1.05

// opened names the levels that settle until they are stationary and whose window did not
// open when the rows say.
func opened(past []plimsoll.Past) []Finding {
	var found []Finding
	for i := range past {
		p := &past[i]
		e, shape, n := &p.Evidence, &p.Stage.Shape, p.Stage.Agents
		if !shape.UntilStationary() || e.Window.End <= e.Window.Start {
			continue // fixed, or it ended while it settled
		}
		what := ""
		switch why := e.Observed.Opened; {
		case why == "stationary" && !(e.Settling.Drift <= driftSlack):
			what = fmt.Sprintf("it is said to be stationary then; by the rows its drift was %.3g", e.Settling.Drift)
		case why == "max" && e.Window.Start != shape.OpensBy(n):
			what = "its settling is said to have lasted as long as may be and did not"
		case why != "stationary" && why != "max":
			what = "it is not said why"
		case e.Settling.Least*driftSlack < 1:
			what = fmt.Sprintf("by the rows the load was stationary before, with a drift of %.3g", e.Settling.Least)
		}
		if what != "" {
			found = append(found, Finding{bundle.LevelsDir + "/" + bundle.ID(p.Stage.Level, p.Stage.Attempt),
				fmt.Sprintf("opened its window %.0f s after the ramp; %s", p.Settled().Seconds(), what)})
		}
	}
	return found
}

// differing names every figure of the stored result that the computed one does not
// have, in order of the figures' names.
func differing(stored []byte, again Result) ([]Finding, error) {
	fresh, err := json.Marshal(again)
	if err != nil {
		return nil, fmt.Errorf("computed result: %w", err)
	}
	want, err := figures(fresh)
	if err != nil {
		return nil, fmt.Errorf("computed result: %w", err)
	}
	have, err := figures(stored)
	if err != nil {
		return nil, fmt.Errorf("is damaged: %w", err)
	}
	var found []Finding
	for name, value := range want {
		switch said, ok := have[name]; {
		case !ok && later(name, have):
		case !ok:
			found = append(found, Finding{bundle.ResultFile + " " + name, fmt.Sprintf("is missing; it is %s by the rows", value)})
		case !same(said, value):
			found = append(found, Finding{bundle.ResultFile + " " + name, fmt.Sprintf("says %s; it is %s by the rows", said, value)})
		}
	}
	for name, value := range have {
		if _, ok := want[name]; !ok {
			found = append(found, Finding{bundle.ResultFile + " " + name, fmt.Sprintf("says %s; nothing of that name follows from the rows", value)})
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].Where < found[j].Where })
	return found, nil
}

// addedLater are members that version 1 gained after it was first written. A file that
// has none of a member's figures is older than it, and says nothing false; one that has
// some must have all.
var addedLater = regexp.MustCompile(`^(spent|cost|load_generator|engine\.preflight|levels\[[^]]*\]\.(?:views|steady|sanity|not_representative|engine_load))(?:[.\[]|$)`)

// later reports whether a missing figure belongs to a member that the file is older than.
func later(name string, have map[string]string) bool {
	m := addedLater.FindStringSubmatch(name)
	if m == nil {
		return false
	}
	for other := range have {
		if n := addedLater.FindStringSubmatch(other); n != nil && n[1] == m[1] {
			return false
		}
	}
	return true
}

// same compares two JSON literals; numbers may differ in their last bits, since
// processors differ in how they fuse multiplications and additions.
func same(a, b string) bool {
	if a == b {
		return true
	}
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	return errX == nil && errY == nil && math.Abs(x-y) <= 1e-9*math.Max(math.Abs(x), math.Abs(y))
}

// figures flattens a JSON document into its literals by name: members joined by
// dots, elements in brackets by their index, or by their id or name where they
// have one.
func figures(data []byte) (map[string]string, error) {
	out := map[string]string{}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var tree json.RawMessage
	if err := d.Decode(&tree); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("there is more than one JSON value")
	}
	return out, flatten(tree, "", out, 0)
}

func flatten(data json.RawMessage, name string, out map[string]string, depth int) error {
	const deepest = 32
	data = bytes.TrimSpace(data)
	switch {
	case depth > deepest:
		return errors.New("nested too deeply")
	case len(data) > 0 && data[0] == '{':
		return flattenObject(data, name, out, depth)
	case len(data) > 0 && data[0] == '[':
		var elements []json.RawMessage
		if err := json.Unmarshal(data, &elements); err != nil {
			return err
		}
		if len(elements) == 0 {
			out[name] = "[]"
		}
		used := map[string]bool{}
		for i, e := range elements {
			key := label(e, i)
			if used[key] { // a second element of one name must not hide the first
				key += "#" + strconv.Itoa(i)
			}
			used[key] = true
			if err := flatten(e, name+"["+key+"]", out, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	out[name] = string(data)
	return nil
}

func flattenObject(data json.RawMessage, name string, out map[string]string, depth int) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	if len(members) == 0 {
		out[name] = "{}"
	}
	for member, value := range members {
		path := member
		if name != "" {
			path = name + "." + member
		}
		if err := flatten(value, path, out, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// label names an element of a list.
func label(element json.RawMessage, index int) string {
	var named struct {
		ID    json.RawMessage `json:"id"`
		Name  json.RawMessage `json:"name"`
		Level json.RawMessage `json:"level"`
	}
	if json.Unmarshal(element, &named) == nil {
		for _, raw := range []json.RawMessage{named.ID, named.Name, named.Level} {
			var s string
			if json.Unmarshal(raw, &s) == nil {
				return s
			}
		}
	}
	return strconv.Itoa(index)
}
