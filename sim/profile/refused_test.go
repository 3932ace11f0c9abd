package profile

import (
	"fmt"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"plimsoll/detector"
)

// optional may be left out of a profile.
var optional = map[string]bool{"preferred_seqs": true, "preferred_queue": true, "queue_per_seq": true, "max_queue_delay": true,
	"typical_power": true}

// Every value of a profile that is left out, in another unit, negative, out of its
// range or without its origin is refused with its name.
func TestEveryValueIsCheckedByName(t *testing.T) {
	detector.Skip(t, "hundreds of files")
	text, err := data.ReadFile("data/demo.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file yaml.Node
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	checked := 0
	read := func() error {
		out, err := yaml.Marshal(&file)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Read("test", out)
		return err
	}
	if err := read(); err != nil {
		t.Fatalf("unchanged it is refused: %v", err)
	}
	refuse := func(name, what, want string) {
		checked++
		if err := read(); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s, %s: error %v, want one with the name and %q", name, what, err, want)
		}
	}
	eachValue(file.Content[0], "", func(name string, parent *yaml.Node, at int) {
		v := parent.Content[at+1]
		for field, other := range map[string]struct{ text, want string }{
			"unit": {"furlong", "has unit"}, "value": {"-1", "must be a number not below 0"}, "high": {"-1", "outside its own range"},
			"source": {`""`, "want a source"}, "date": {"2026-13-01", "want a source and a date"}, "kind": {"guessed", "want measured, published or estimated"},
		} {
			m := member(v, field)
			old := *m
			*m = yaml.Node{Kind: yaml.ScalarNode, Value: strings.Trim(other.text, `"`)}
			if field != "value" && field != "high" {
				m.Style = yaml.DoubleQuotedStyle
			}
			refuse(name, field+" "+other.text, other.want)
			*m = old
		}
		if short := name[strings.LastIndex(name, ".")+1:]; !optional[short] {
			kept := parent.Content
			parent.Content = append(append([]*yaml.Node(nil), kept[:at]...), kept[at+2:]...)
			refuse(name, "left out", "is missing; write {value, unit: ")
			parent.Content = kept
		}
	})
	if checked < 350 {
		t.Errorf("only %d changes were tried", checked)
	}
}

// eachValue calls visit for every value with its name, the mapping that holds it and
// the index of its key there.
func eachValue(n *yaml.Node, place string, visit func(name string, parent *yaml.Node, at int)) {
	switch n.Kind {
	case yaml.SequenceNode:
		for i, c := range n.Content {
			eachValue(c, fmt.Sprintf("%s[%d]", place, i), visit)
		}
	case yaml.MappingNode:
		for i := 0; i < len(n.Content); i += 2 {
			name := strings.TrimPrefix(place+"."+n.Content[i].Value, ".")
			if c := n.Content[i+1]; c.Kind == yaml.MappingNode && member(c, "value") != nil {
				visit(name, n, i)
			} else {
				eachValue(c, name, visit)
			}
		}
	}
}

func member(n *yaml.Node, name string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1]
		}
	}
	return nil
}

// What does not fit together is refused with the arithmetic.
func TestRefusedWithTheArithmetic(t *testing.T) {
	for _, c := range []struct {
		name   string
		system string
		change func(*Profile)
		want   []string
	}{
		{"weights do not fit", "h200", func(p *Profile) { p.Pools[0].Layout.TP = 4 },
			[]string{"hbm_bytes 1.41e+11 * memory_share 0.95 - weights 2.162e+11 (layout tp 4", "reserved_bytes 1.2e+10 = -9.43e+10 B"}},
		{"tp does not divide heads", "h200", func(p *Profile) { p.Pools[0].Layout.TP = 3 }, []string{"layout.tp 3 does not divide 128 query heads: remainder 2"}},
		{"ep does not divide experts", "gb300-nvl72", func(p *Profile) { p.Pools[1].Layout.Redundant = 0 }, []string{"pools[1]", "layout.ep 40 does not divide 384 experts + 0 redundant: remainder 24"}},
		{"ep is not all ranks", "gb300-nvl72", func(p *Profile) { p.Pools[0].Layout.EP = 4 }, []string{"layout.ep 4 must be tp * dp = 1 * 8 = 8, or 1"}},
		{"tp beyond the links", "b300", func(p *Profile) { p.Pools[0].Layout = Layout{TP: 16} }, []string{"layout.tp 16 exceeds the link domain of 8"}},
		{"no such format", "mi355x", func(p *Profile) { p.Accelerator.FP8.Value = 0 }, []string{"no fp8 arithmetic"}},
		{"draft beyond the table", "h200", func(p *Profile) { p.Speculation.Draft = 9 }, []string{"speculation.draft is 9, the table mtp holds drafts 1..4"}},
		{"no such table", "h200", func(p *Profile) { p.Speculation.Table = "eagle9" }, []string{`speculation.table "eagle9" is not one of the model's`}},
		{"no such regime", "h200", func(p *Profile) { p.Pools[0].KVRegime = "sparse" }, []string{`kv_regime "sparse" is not one of the model's: ideal, padded, windows-kept`}},
		{"no such router", "gb300-nvl72", func(p *Profile) { p.Router = "random" }, []string{`Router is "random"`}},
		{"slots beyond the step", "h200", func(p *Profile) { p.Runtime.MaxNumSeqs.Value = 5000 }, []string{"MaxSeqs 5000 is above StepTokens 4096"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := Load(c.system)
			if err != nil {
				t.Fatal(err)
			}
			c.change(p)
			_, err = p.Deployment()
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v, want one with %q", err, want)
				}
			}
		})
	}
}

// A setting that is not modelled is refused by its name, never ignored.
func TestUnmodelledSettings(t *testing.T) {
	text, err := data.ReadFile("data/h200.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{"router: affinity", "router: affinity\ncuda_graphs: false", "cuda_graphs"},
		{"scheduler: vllm", "scheduler: dynamic", `runtime.scheduler "dynamic" is not modelled; there are: vllm, sglang, trtllm`},
		{"scheduler: vllm\n  reserve: output", "scheduler: trtllm\n  reserve: prompt", "trtllm is modelled without eviction: output"},
		{"reserve: output", "reserve: estimate", "the scheduler vllm does not have; sglang has"},
		{"reserve: output", "reserve: output\n  schedule_policy: lpm", "schedule_policy is lpm, which the scheduler vllm does not have"},
		{"scheduler: vllm\n  reserve: output", "scheduler: sglang\n  schedule_policy: dfs-weight\n  reserve: output", `schedule_policy "dfs-weight" is not modelled; there are: fcfs, lpm`},
		{"scheduler: vllm\n  reserve: output", "scheduler: sglang\n  schedule_policy: lpm\n  reserve: output", "runtime.lpm_max_queue is missing; schedule_policy lpm needs it"},
		{"scheduler: vllm\n  reserve: output", "scheduler: sglang\n  reserve: estimate", "runtime.init_new_token_ratio is missing; reserve estimate needs it"},
		{"reserve: output", "reserve: output\n  retract_decode_steps: {value: 20, unit: \"1\", source: test, date: 2026-11-25, kind: estimated, low: 20, high: 20}", "retract_decode_steps is given, but only reserve estimate has it"},
		{"reserve: output", "reserve: half", `Reserve is "half"`},
		{"layout: {tp: 8}", "layout: {tp: 8, cp: 2}", "cp"},
		{"{role: serve, count: 1", "{role: encode, count: 1", `role "encode"`},
		{"router: affinity", "router: affinity\nexpert_format: int4", `expert_format "int4" is not modelled; there are: mxfp4, mxfp8`},
		{"speculation: {table: mtp, draft: 3}", "speculation: {table: mtp, draft: 3, tree: 2}", "tree"},
		{"pools:", "layout: {tp: 8}\npools:", "layout and kv_regime are of a single engine"},
	} {
		changed := strings.Replace(string(text), c.old, c.new, 1)
		if changed == string(text) {
			t.Fatalf("h200.yaml no longer holds %q", c.old)
		}
		p, err := Read("test", []byte(changed))
		if err == nil {
			_, err = p.Deployment()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.new, err, c.want)
		}
	}
}

// Experts in eight bits instead of four and a quarter take 8.25/4.25 of the room, and
// writing the profile keeps the format.
func TestExpertFormat(t *testing.T) {
	p, err := Load("gb300-nvl72-mxfp8")
	if err != nil {
		t.Fatal(err)
	}
	four, err := Load("gb300-nvl72")
	if err != nil {
		t.Fatal(err)
	}
	if ratio := p.Model.ExpertBytes.Value / four.Model.ExpertBytes.Value; ratio < 1.94 || ratio > 1.945 {
		t.Errorf("experts are %.3f times as large, want 8.25/4.25", ratio)
	}
	text, err := p.YAML()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Read("again", text)
	if err != nil {
		t.Fatal(err)
	}
	if again.Model.CheckpointBytes != p.Model.CheckpointBytes {
		t.Errorf("written and read the checkpoint is %g B, was %g B", again.Model.CheckpointBytes.Value, p.Model.CheckpointBytes.Value)
	}
	dense, err := Load("h200+llama-3.1-8b")
	if err != nil {
		t.Fatal(err)
	}
	if err := dense.SetExpertFormat("mxfp8"); err == nil || !strings.Contains(err.Error(), "no experts") {
		t.Errorf("a model without experts: %v", err)
	}
}
