package trajectory_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"plimsoll"
	"plimsoll/trajectory"
)

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(trajectory.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("trajectory-1.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("trajectory-1.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSchemaDescribesWhatIsWritten checks that every line that Write makes is valid.
func TestSchemaDescribesWhatIsWritten(t *testing.T) {
	schema := compiled(t)
	rapid.Check(t, func(rt *rapid.T) {
		var b bytes.Buffer
		if err := trajectory.Write(&b, []*plimsoll.Trajectory{draw(rt, "a")}); err != nil {
			rt.Fatal(err)
		}
		line, err := jsonschema.UnmarshalJSON(&b)
		if err != nil {
			rt.Fatal(err)
		}
		if err := schema.Validate(line); err != nil {
			rt.Fatal(err)
		}
	})
}

// TestSchemaRefusesWhatTheReaderRefuses checks the schema's own bounds.
func TestSchemaRefusesWhatTheReaderRefuses(t *testing.T) {
	schema := compiled(t)
	for name, text := range map[string]string{
		"no id":          `{"format":"plimsoll-trajectory/1","turns":[{"prompt":[[0,1]]}]}`,
		"no turns":       `{"format":"plimsoll-trajectory/1","id":"a","turns":[]}`,
		"other format":   `{"format":"plimsoll-trajectory/2","id":"a","turns":[{}]}`,
		"unknown member": `{"format":"plimsoll-trajectory/1","id":"a","turns":[{"colour":1}]}`,
		"negative time":  `{"format":"plimsoll-trajectory/1","id":"a","turns":[{"delay_s":-1}]}`,
		"unknown role":   `{"format":"plimsoll-trajectory/1","id":"a","turns":[{"segments":[{"message":0,"role":"who","kind":"user"}]}]}`,
	} {
		line, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if schema.Validate(line) == nil {
			t.Errorf("%s: the schema takes it", name)
		}
		if _, err := trajectory.Read("x", strings.NewReader(text)); err == nil {
			t.Errorf("%s: the reader takes it", name)
		}
	}
}
