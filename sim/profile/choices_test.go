package profile

import (
	"strings"
	"testing"
)

// What a file says in words that are not modelled, or that the decoder does not take,
// is refused in the file's own words.
func TestChoicesRefused(t *testing.T) {
	text, err := data.ReadFile("data/h200.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{"router: affinity", "router: random", `router "random" is not modelled; there are: [affinity least_loaded prefix]`},
		{"role: serve", "role: decode", "pools has no engine of role serve"},
		{"max_num_seqs: {value: 32, unit: \"1\"", "max_num_seqs: {value: 5000, high: 5000, unit: \"1\"", "max_num_seqs 5000 is above runtime.max_batched_tokens 4096"},
		{"phi_decode:", "phi_deocde:", "line 14: field phi_deocde is not known in section Runtime"},
		{"phi_decode: {value: 1.5", "phi_decode: {value: fast", "cannot construct `fast` as a number"},
		{"model: deepseek-v4-pro, constants", "model: deepseek-v9, constants", `model "deepseek-v9" is not built in; there are: deepseek-v3.2`},
	} {
		changed := strings.Replace(string(text), c.old, c.new, 1)
		if strings.Contains(c.new, "high: 5000") {
			changed = strings.Replace(changed, `kind: published, low: 32, high: 32}`, `kind: published, low: 32}`, 1)
		}
		if changed == string(text) {
			t.Fatalf("h200.yaml no longer holds %q", c.old)
		}
		if _, err := Read("mine.yaml", []byte(changed)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.new, err, c.want)
		}
	}
}

func TestUnknownProfilesNameTheirLike(t *testing.T) {
	for name, want := range map[string]string{"gb300": "there are: gb300-nvl72", "h300": "there are: b300, demo"} {
		if _, err := Load(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", name, err, want)
		}
	}
}
