package importer

import (
	"fmt"
	"strings"

	"plimsoll"
)

// Format is one format that can be imported.
type Format struct {
	Name    string // as --format takes it
	Version string // the documented version that the tests' bytes are in
	About   string // one sentence
	// Unseen says that only bytes in the documented form were read so far, none that
	// the tool itself wrote.
	Unseen bool
	// is tells the format by the first values of a file.
	is func(head) bool
	// read reads one file, or a folder where the format is one.
	read func(*input) ([]*plimsoll.Trajectory, error)
}

// Formats returns the importable formats, in the order in which they are tried.
func Formats() []Format {
	return []Format{
		mlperf(),
		agentperf(),
		agentperfLocal(),
		weka(),
		mooncake(),
		trtllm(),
		tracelab(),
		opencode(),
		codex(),
		qwenCode(),
		claudeCode(),
		geminiCLI(),
		kimiCLI(),
		openHands(),
		openHandsEvents(),
		sweAgent(),
		miniSWEAgent(),
		otel(),
		dynamo(),
		requests(),
		anthropic(),
		openai(),
	}
}

// byName returns the format with a name.
func byName(name string) (Format, error) {
	var names []string
	for _, f := range Formats() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return Format{}, fmt.Errorf("no format %q; there are auto, native, %s", name, strings.Join(names, ", "))
}
