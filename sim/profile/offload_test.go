package profile

import (
	"math"
	"os"
	"strings"
	"testing"
)

// documented returns the offload section that docs/simulator.md shows.
func documented(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/simulator.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(text), "```yaml\noffload:\n")
	section, _, closed := strings.Cut(after, "```")
	if !found || !closed {
		t.Fatal("docs/simulator.md shows no offload section")
	}
	return "offload:\n" + section
}

// withOffload reads a shipped profile with a section more.
func withOffload(t *testing.T, system, section string) (*Profile, error) {
	t.Helper()
	text, err := data.ReadFile("data/" + system + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	return Read("test", append(text, section...))
}

// The documented section reads, and comes to the blocks and seconds that its bytes do.
func TestOffloadSection(t *testing.T) {
	for _, system := range []string{"h200", "gb300-nvl72"} {
		p, err := withOffload(t, system, documented(t))
		if err != nil {
			t.Fatal(err)
		}
		d, err := p.Deployment()
		if err != nil {
			t.Fatal(err)
		}
		m, err := p.Memory(p.Pools[0])
		if err != nil {
			t.Fatal(err)
		}
		for i, tier := range d.Serve[0].Offload {
			block := m.PerToken * p.Runtime.BlockTokens.Value
			if want := int(p.Offload[i].Capacity.Value / block); tier.Blocks != want {
				t.Errorf("%s, %s: %d blocks, want %d", system, tier.Name, tier.Blocks, want)
			}
			if want := block / p.Offload[i].Bandwidth.Value; math.Abs(tier.BlockSeconds/want-1) > 1e-9 {
				t.Errorf("%s, %s: %g s a block, want %g", system, tier.Name, tier.BlockSeconds, want)
			}
		}
		if len(d.Serve[0].Offload) != 2 {
			t.Errorf("%s has %d tiers, want 2", system, len(d.Serve[0].Offload))
		}
		for _, e := range d.Decode {
			if len(e.Offload) > 0 {
				t.Errorf("%s: an engine that decodes has tiers", system)
			}
		}
		if again, err := p.YAML(); err != nil || !strings.Contains(string(again), "offload:") {
			t.Errorf("%s: written again it is %v", system, err)
		}
	}
}

// What is unknown, missing or too small is refused by its name.
func TestOffloadRefused(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"name: host", "name: cxl", `offload[0].name "cxl" is not modelled; there are: host, nvme`},
		{"name: nvme", "name: host", `offload[1].name is "host" after "host"`},
		{"capacity: {value:", "kapacity: {value:", "kapacity"},
		{"unit: B/s", "unit: GB/s", `offload[0].bandwidth has unit "GB/s", want "B/s"`},
		{"kind: estimated", "kind: guessed", "offload[0].capacity has kind"},
	} {
		section := documented(t)
		changed := strings.Replace(section, c.old, c.new, 1)
		if changed == section {
			t.Fatalf("the documented section no longer holds %q", c.old)
		}
		if _, err := withOffload(t, "h200", changed); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.new, err, c.want)
		}
	}
	p, err := withOffload(t, "h200", documented(t))
	if err != nil {
		t.Fatal(err)
	}
	p.Offload[0].Bandwidth = Value{}
	if err := p.check(); err == nil || !strings.Contains(err.Error(), "offload[0].bandwidth is missing; write {value, unit: B/s") {
		t.Errorf("without its bandwidth: %v", err)
	}
	if p, err = withOffload(t, "h200", documented(t)); err != nil {
		t.Fatal(err)
	}
	p.Offload[1].Capacity.Value = 1e6
	if _, err := p.Deployment(); err == nil || !strings.Contains(err.Error(), "offload[1].capacity 1e+06 B / ") || !strings.Contains(err.Error(), "= 0.") {
		t.Errorf("less than a block: %v", err)
	}
}
