// Package schema holds the JSON Schemas (draft 2020-12) of the JSON files in a run
// folder, one file each: facts, event (a line of events.jsonl), level, result and
// manifest.
//
// A file names its schema's version in its member "schema". Within a version
// members are only added, so a reader must ignore those it does not know.
package schema

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed *.schema.json
var files embed.FS

const suffix = ".schema.json"

// Names returns the names of all schemas: event, facts, level, manifest, result.
func Names() ([]string, error) {
	found, err := fs.Glob(files, "*"+suffix)
	if err != nil {
		return nil, fmt.Errorf("schemas: %w", err)
	}
	for i, name := range found {
		found[i] = strings.TrimSuffix(name, suffix)
	}
	return found, nil
}

// Read returns one schema.
func Read(name string) ([]byte, error) {
	data, err := files.ReadFile(name + suffix)
	if err != nil {
		names, _ := Names()
		return nil, fmt.Errorf("schema %q is not known; there are %s", name, strings.Join(names, ", "))
	}
	return data, nil
}
