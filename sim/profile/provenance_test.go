package profile

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"
)

// settings are whole numbers that somebody chose and that mean nothing without their
// profile; their provenance is its configuration.
var settings = map[string]bool{"tp": true, "dp": true, "ep": true, "pp": true, "count": true, "redundant": true, "draft": true, "fused": true}

// Every number that ships says where it is from, when, how it is known and in which
// range it may lie; choices that are no numbers say so in configuration.
func TestEveryShippedValueHasItsProvenance(t *testing.T) {
	values := 0
	err := fs.WalkDir(data, "data", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := data.ReadFile(name)
		if err != nil {
			return err
		}
		var file yaml.Node
		if err := yaml.Unmarshal(text, &file); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		found := provenance(t, strings.TrimSuffix(name, ".yaml"), file.Content[0])
		if found == 0 {
			t.Errorf("%s holds no value", name)
		}
		values += found
		if strings.Count(name, "/") == 1 && !strings.Contains(string(text), "\nconfiguration: {source: ") {
			t.Errorf("%s does not say where its configuration is from", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if values < 500 {
		t.Errorf("only %d values found", values)
	}
}

// provenance checks the values below a node and returns how many there are.
func provenance(t *testing.T, place string, n *yaml.Node) int {
	count := 0
	switch n.Kind {
	case yaml.SequenceNode:
		for i, c := range n.Content {
			count += provenance(t, fmt.Sprintf("%s[%d]", place, i), c)
		}
	case yaml.ScalarNode:
		if n.Tag == "!!int" || n.Tag == "!!float" {
			t.Errorf("%s: %s stands without its provenance", place, n.Value)
		}
	case yaml.MappingNode:
		members := map[string]*yaml.Node{}
		for i := 0; i < len(n.Content); i += 2 {
			members[n.Content[i].Value] = n.Content[i+1]
		}
		if members["value"] == nil {
			for name, c := range members {
				if !settings[name] {
					count += provenance(t, place+"."+name, c)
				}
			}
			return count
		}
		for _, name := range []string{"unit", "source", "date", "kind", "low", "high"} {
			if members[name] == nil || members[name].Value == "" {
				t.Errorf("%s has no %s", place, name)
				return 1
			}
		}
		if _, err := time.Parse(time.DateOnly, members["date"].Value); err != nil {
			t.Errorf("%s: %v", place, err)
		}
		count = 1
	}
	return count
}
