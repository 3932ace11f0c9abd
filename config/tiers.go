package config

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"plimsoll"
)

// DefaultTiers is the tier set that is used when none is named.
const DefaultTiers = "nvidia-blog-2026-06/deepseek-v4-pro"

//go:embed tiers.yaml
var builtinTiers []byte

type tierSetFile struct {
	Name   string          `yaml:"name"`
	Source string          `yaml:"source"`
	Tiers  []plimsoll.Tier `yaml:"tiers"`
}

// TierSets returns the built-in tier sets.
func TierSets() ([]plimsoll.TierSet, error) { return readTierSets(builtinTiers, "built-in tiers") }

// TierSet returns a built-in tier set by its name, or reads a file of one set.
func TierSet(name string) (plimsoll.TierSet, error) {
	if isPath(name) {
		data, err := os.ReadFile(name)
		if err != nil {
			return plimsoll.TierSet{}, fmt.Errorf("read tiers: %w", err)
		}
		sets, err := readTierSets(data, name)
		if err != nil {
			return plimsoll.TierSet{}, err
		}
		if len(sets) != 1 {
			return plimsoll.TierSet{}, fmt.Errorf("tiers %s: holds %d sets, want one", name, len(sets))
		}
		return sets[0], nil
	}
	sets, err := TierSets()
	if err != nil {
		return plimsoll.TierSet{}, err
	}
	names := make([]string, 0, len(sets))
	for _, s := range sets {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return plimsoll.TierSet{}, fmt.Errorf("no tier set %q; built in are %s; a file is given as ./%s.yaml", name, strings.Join(names, ", "), name)
}

// TierSetYAML writes a set as the file that TierSet reads.
func TierSetYAML(s plimsoll.TierSet) ([]byte, error) {
	data, err := yaml.Marshal(tierSetFile(s))
	if err != nil {
		return nil, fmt.Errorf("write tiers: %w", err)
	}
	return data, nil
}

// readTierSets reads one set or a list of sets.
func readTierSets(data []byte, where string) ([]plimsoll.TierSet, error) {
	var list []tierSetFile
	if err := strict(data, &list); err != nil {
		var one tierSetFile
		if single := strict(data, &one); single != nil {
			if bytes.HasPrefix(bytes.TrimSpace(data), []byte("-")) {
				single = err
			}
			// The decoder speaks of Go's types.
			why := strings.NewReplacer("yaml: construct errors: ", "", "!!map ", "a mapping ", "not found in type config.tierSetFile", "is not known", "into plimsoll.Tier (TextUnmarshaler)", "as a tier").Replace(single.Error())
			return nil, fmt.Errorf("tiers %s: %s; tiers are written 30tps/10s, and plimsoll tiers show NAME prints a set as a file", where, why)
		}
		list = []tierSetFile{one}
	}
	sets := make([]plimsoll.TierSet, 0, len(list))
	for _, l := range list {
		if l.Name == "" || len(l.Tiers) == 0 {
			return nil, fmt.Errorf("tiers %s: a set needs a name and at least one tier such as 30tps/10s", where)
		}
		sets = append(sets, plimsoll.TierSet{Name: l.Name, Source: l.Source, Tiers: l.Tiers})
	}
	return sets, nil
}

func strict(data []byte, into any) error {
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	return d.Decode(into)
}

// orderTiers sorts loosest first and refuses equal names.
func orderTiers(tiers []plimsoll.Tier) ([]plimsoll.Tier, error) {
	out := slices.Clone(tiers)
	slices.SortStableFunc(out, func(a, b plimsoll.Tier) int {
		switch {
		case a.SpeedTPS < b.SpeedTPS:
			return -1
		case a.SpeedTPS > b.SpeedTPS:
			return 1
		}
		return int(b.TTFT - a.TTFT)
	})
	seen := map[string]bool{}
	for _, t := range out {
		if seen[t.Name] {
			return nil, fmt.Errorf("tier %s is given twice", t.Name)
		}
		seen[t.Name] = true
	}
	return out, nil
}

// isPath reports whether a value names a file rather than something built in.
func isPath(v string) bool {
	for _, prefix := range []string{"./", "../", "/"} {
		if strings.HasPrefix(v, prefix) {
			return true
		}
	}
	for _, suffix := range []string{".yaml", ".jsonl", ".zst", ".age"} {
		if strings.HasSuffix(v, suffix) {
			return true
		}
	}
	return false
}
