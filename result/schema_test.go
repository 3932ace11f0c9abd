package result_test

import (
	"bytes"
	"encoding"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"plimsoll"
	"plimsoll/bundle"
	"plimsoll/bundle/schema"
	"plimsoll/result"
)

var update = flag.Bool("update", false, "write the schemas anew from the types")

// documents are the JSON files of a run folder by schema.
func documents() map[string]any {
	return map[string]any{
		"facts": plimsoll.Facts{}, "event": plimsoll.Event{}, "manifest": bundle.Manifest{}, "result": result.Result{},
		"level": struct {
			Schema   string             `json:"schema"`
			Stage    plimsoll.Stage     `json:"stage"`
			Observed plimsoll.Observed  `json:"observed"`
			Files    []bundle.LevelFile `json:"files"`
		}{},
	}
}

var versions = map[string]string{"facts": plimsoll.FactsSchema, "event": plimsoll.EventSchema, "manifest": bundle.ManifestSchema, "result": plimsoll.ResultSchema, "level": plimsoll.LevelSchema}

// TestSchemasFollowTheTypes keeps the published schemas in step with the types
// that are written.
func TestSchemasFollowTheTypes(t *testing.T) {
	comments := fieldComments(t, "..", "../bundle", ".")
	for name, document := range documents() {
		s := object(reflect.TypeOf(document), comments, false)
		s["$schema"], s["$id"] = "https://json-schema.org/draft/2020-12/schema", versions[name]
		s["properties"].(map[string]any)["schema"] = map[string]any{"const": versions[name]}
		got, err := json.MarshalIndent(s, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, '\n')
		path := filepath.Join("..", "bundle", "schema", name+".schema.json")
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := schema.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("schema %s does not follow its type; go test -update ./result (-schema +type):\n%s", name, diff)
		}
	}
}

// TestFilesAreValid holds the files of a whole run against the schemas, and
// against strict ones that know no further member.
func TestFilesAreValid(t *testing.T) {
	d := measured(t)
	stage := plimsoll.Stage{Level: 1, Attempt: 1, Agents: 8}
	speed := 31.5
	for _, e := range []plimsoll.Event{
		{Kind: plimsoll.EventBegin}, {Kind: plimsoll.EventStage, Stage: &stage},
		{Kind: plimsoll.EventProgress, Progress: &plimsoll.Progress{SpeedTPS: &speed}},
		{Kind: plimsoll.EventSealed, Level: "0001.1", Verdicts: []plimsoll.Verdict{{Tier: "loose", Outcome: plimsoll.Pass}}, Gates: []plimsoll.Gate{{Name: "lag"}}},
		{Kind: plimsoll.EventEnd, Message: "finished"},
	} {
		e.Time = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		if err := d.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.WriteResult(computed(t, d)); err != nil {
		t.Fatal(err)
	}
	if err := d.Finish(); err != nil {
		t.Fatal(err)
	}
	names, err := schema.Names()
	if err != nil || len(names) != len(documents()) {
		t.Fatalf("schemas are %v, %v", names, err)
	}
	for _, name := range names {
		text, err := schema.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		strict, err := json.Marshal(object(reflect.TypeOf(documents()[name]), nil, true))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []*jsonschema.Schema{compile(t, text), compile(t, strict)} {
			for _, document := range documentsOf(t, d, name) {
				v, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
				if err != nil {
					t.Fatal(err)
				}
				if err := s.Validate(v); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		if err := compile(t, text).Validate(map[string]any{"schema": "other/1"}); err == nil {
			t.Errorf("schema %s takes a document of another schema", name)
		}
	}
}

// documentsOf returns the folder's documents of one schema.
func documentsOf(t *testing.T, d *bundle.Dir, name string) [][]byte {
	t.Helper()
	switch name {
	case "event":
		data, err := d.ReadFile(bundle.EventsFile)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Split(bytes.TrimSpace(data), []byte("\n"))
	case "level":
		paths, err := filepath.Glob(filepath.Join(d.Path(), "levels", "*", "level.json"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("levels: %v, %v", paths, err)
		}
		var out [][]byte
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, data)
		}
		return out
	}
	data, err := d.ReadFile(name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return [][]byte{data}
}

func compile(t *testing.T, text []byte) *jsonschema.Schema {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("document.json", v); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("document.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// object is the schema of a struct; strict allows no member that it does not name.
func object(typ reflect.Type, comments map[string]string, strict bool) map[string]any {
	properties, required := map[string]any{}, []string{}
	addFields(typ, comments, strict, properties, &required)
	if typ == reflect.TypeFor[plimsoll.Verdict]() { // writes its two figures itself
		properties["p25_speed_tps"] = schemaOf(reflect.TypeFor[result.Number](), nil, strict)
		properties["p95_ttft_s"] = schemaOf(reflect.TypeFor[result.Number](), nil, strict)
		properties["p95_ttft_unbounded"] = map[string]any{"type": "boolean"}
	}
	s := map[string]any{"type": "object", "properties": properties, "required": required}
	if strict {
		s["additionalProperties"] = false
	}
	return s
}

func addFields(typ reflect.Type, comments map[string]string, strict bool, properties map[string]any, required *[]string) {
	for i := range typ.NumField() {
		field := typ.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case name == "-":
			continue
		case field.Anonymous:
			addFields(field.Type, comments, strict, properties, required)
			continue
		}
		s := schemaOf(field.Type, comments, strict)
		if text := comments[typ.Name()+"."+field.Name]; text != "" {
			s["description"] = text
		}
		properties[name] = s
		if options != "omitempty" && options != "omitzero" {
			*required = append(*required, name)
		}
	}
}

func schemaOf(typ reflect.Type, comments map[string]string, strict bool) map[string]any {
	text := reflect.TypeFor[encoding.TextMarshaler]()
	switch {
	case typ == reflect.TypeFor[result.Number]():
		return map[string]any{"type": []string{"number", "null"}}
	case typ == reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case typ.Kind() == reflect.Pointer:
		return map[string]any{"anyOf": []any{schemaOf(typ.Elem(), comments, strict), map[string]any{"type": "null"}}}
	case typ.Implements(text) || reflect.PointerTo(typ).Implements(text):
		return map[string]any{"type": "string"}
	}
	switch typ.Kind() {
	case reflect.Struct:
		return object(typ, comments, strict)
	case reflect.Slice:
		return map[string]any{"type": []string{"array", "null"}, "items": schemaOf(typ.Elem(), comments, strict)}
	case reflect.Array:
		return map[string]any{"type": "array", "minItems": typ.Len(), "maxItems": typ.Len(), "items": schemaOf(typ.Elem(), comments, strict)}
	case reflect.Map:
		return map[string]any{"type": []string{"object", "null"}, "additionalProperties": schemaOf(typ.Elem(), comments, strict)}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	}
	return map[string]any{"type": "integer"}
}

// fieldComments reads the comments of all fields in the packages: what a schema
// says of a member is what the code says of it.
func fieldComments(t *testing.T, folders ...string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, folder := range folders {
		paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %v, %v", folder, paths, err)
		}
		for _, path := range paths {
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if spec, ok := n.(*ast.TypeSpec); ok {
					if s, ok := spec.Type.(*ast.StructType); ok {
						commentsOf(spec.Name.Name, s, out)
					}
				}
				return true
			})
		}
	}
	return out
}

func commentsOf(typ string, s *ast.StructType, out map[string]string) {
	for _, field := range s.Fields.List {
		for _, name := range field.Names {
			text := strings.TrimSpace(field.Doc.Text() + " " + field.Comment.Text())
			if text = strings.Join(strings.Fields(text), " "); text != "" {
				out[typ+"."+name.Name] = text
			}
		}
	}
}
