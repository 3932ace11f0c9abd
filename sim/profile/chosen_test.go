package profile

import (
	"strings"
	"testing"
)

// Every input that was chosen after a result was known can be otherwise; the profile
// itself, and what was published, stay as they are.
func TestChosen(t *testing.T) {
	choices := 0
	for _, name := range List() {
		p, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if (p.Published.Result != "") != (len(p.Chosen) > 0) {
			t.Errorf("%s has the published result %q and %d choices: who has one has the other", name, p.Published.Result, len(p.Chosen))
		}
		before, err := p.YAML()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range p.Chosen {
			choices++
			other, err := p.Instead(c)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if _, err := other.Deployment(); err != nil {
				t.Errorf("%s: %v", other.Name, err)
			}
			if other.Published.Result != p.Published.Result || other.Accelerators() != p.Accelerators() {
				t.Errorf("%s: published %q on %d accelerators", other.Name, other.Published.Result, other.Accelerators())
			}
		}
		if after, err := p.YAML(); err != nil || string(after) != string(before) {
			t.Errorf("%s changed, %v", name, err)
		}
	}
	if choices < 10 {
		t.Errorf("only %d choices", choices)
	}
}

func TestChosenIsChecked(t *testing.T) {
	text, err := data.ReadFile("data/h200.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{"- name: kv-ideal", "- name: \"\"", "chosen[0] has name"},
		{"kv_regime: padded\n- name", "kv_regime: sparse\n- name", "chosen[1]: kv_regime"},
		{"  kind: published\n  kv_regime: ideal", "  kind: heard\n  kv_regime: ideal", "chosen[0] has kind"},
		{"reserved_bytes: {value: 6e+09, unit: B", "reserved_bytes: {value: 6, unit: GB", "chosen[2].reserved_bytes has unit"},
	} {
		changed := strings.Replace(string(text), c.old, c.new, 1)
		if changed == string(text) {
			t.Fatalf("h200.yaml no longer holds %q", c.old)
		}
		if _, err := Read("test", []byte(changed)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.new, err, c.want)
		}
	}
}
