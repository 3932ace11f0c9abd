package synth

import (
	"bytes"
	"embed"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"go.yaml.in/yaml/v4"
)

//go:embed preset/*.yaml
var presetFiles embed.FS

// Preset describes a kind of trajectory by its distributions: the document of a
// distribution file. Sizes are tokens of the bytes4 basis.
type Preset struct {
	Name    string `yaml:"name"`
	Harness string `yaml:"harness"`
	// SystemTokens and ToolTokens are the scaffold that all trajectories share.
	SystemTokens int `yaml:"system_tokens"`
	ToolTokens   int `yaml:"tool_tokens"`
	// Languages are the programming languages of the tasks with their weights.
	Languages map[string]float64 `yaml:"languages"`
	Turns     Law                `yaml:"turns"`
	Task      Law                `yaml:"task_tokens"`   // the first user message
	Output    Law                `yaml:"output_tokens"` // a reply, reasoning included
	Reasoning Law                `yaml:"reasoning_share"`
	// Growth scales the tool results of one trajectory: drawn once for each.
	Growth     Law    `yaml:"growth"`
	MaxContext int    `yaml:"max_context"` // tokens of prompt + reply; a trajectory ends before it passes them
	Tools      []Tool `yaml:"tools"`
	// Resume and Compaction are optional: without them every trajectory begins with its
	// task and ends where its context is full.
	Resume     *Resume     `yaml:"resume"`
	Compaction *Compaction `yaml:"compaction"`
}

// Tool is one tool of the harness: how often it is called, what it prints, how
// long it takes.
type Tool struct {
	Class  string  `yaml:"class"` // shell, read, edit, search, test, build
	Name   string  `yaml:"name"`
	Weight float64 `yaml:"weight"` // at the beginning of a trajectory
	Late   float64 `yaml:"late"`   // at its end; 0 is Weight. In between it changes evenly
	Result Law     `yaml:"result_tokens"`
	Delay  Law     `yaml:"delay_s"`
}

// Presets lists the built-in presets' names.
func Presets() []string {
	files, err := presetFiles.ReadDir("preset")
	if err != nil {
		return nil // the folder is part of the binary
	}
	var out []string
	for _, f := range files {
		out = append(out, strings.TrimSuffix(f.Name(), ".yaml"))
	}
	return out
}

// LoadPreset returns a built-in preset by name, or reads a distribution file when
// name is a path (it begins with ./ ../ or /, or ends in .yaml).
func LoadPreset(name string) (*Preset, error) {
	if strings.HasPrefix(name, "./") || strings.HasPrefix(name, "../") || strings.HasPrefix(name, "/") || strings.HasSuffix(name, ".yaml") {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("distribution file: %w", err)
		}
		return ReadPreset(name, bytes.NewReader(text))
	}
	text, err := presetFiles.ReadFile(path.Join("preset", name+".yaml"))
	if err != nil {
		return nil, fmt.Errorf("no preset %q; there are %s, or give a distribution file as ./name.yaml", name, strings.Join(Presets(), ", "))
	}
	return ReadPreset(name, bytes.NewReader(text))
}

// ReadPreset reads a distribution file; an unknown key is an error with its line.
func ReadPreset(name string, r io.Reader) (*Preset, error) {
	d := yaml.NewDecoder(r)
	d.KnownFields(true)
	p := new(Preset)
	if err := d.Decode(p); err != nil {
		return nil, fmt.Errorf("distribution file %s: %w", name, err)
	}
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf("distribution file %s: %w", name, err)
	}
	return p, nil
}

// Validate names the first field that is out of bounds.
func (p *Preset) Validate() error {
	if p.Name == "" {
		return fmt.Errorf("name is empty; a preset needs one")
	}
	if p.SystemTokens < 16 || p.ToolTokens < 0 || p.SystemTokens+p.ToolTokens > 1<<20 {
		return fmt.Errorf("system_tokens is %d and tool_tokens %d; at least 16 and 0, at most a million together", p.SystemTokens, p.ToolTokens)
	}
	if p.MaxContext < p.SystemTokens+p.ToolTokens+64 {
		return fmt.Errorf("max_context is %d; it must hold the scaffold of %d tokens and a task", p.MaxContext, p.SystemTokens+p.ToolTokens)
	}
	laws := map[string]Law{"turns": p.Turns, "task_tokens": p.Task, "output_tokens": p.Output, "reasoning_share": p.Reasoning, "growth": p.Growth}
	for _, key := range [...]string{"turns", "task_tokens", "output_tokens", "reasoning_share", "growth"} {
		if err := laws[key].Validate(); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	if p.Reasoning.Max > 0.95 || p.Turns.Max > 100_000 {
		return fmt.Errorf("reasoning_share goes up to %g and turns to %g; at most 0.95 and 100,000", p.Reasoning.Max, p.Turns.Max)
	}
	if len(p.Languages) == 0 || len(p.Tools) == 0 {
		return fmt.Errorf("languages and tools must each hold at least one entry")
	}
	for name, w := range p.Languages {
		if _, err := readGrammar("words", "prose", "output", name); err != nil || !(w > 0) {
			return fmt.Errorf("languages.%s is %g; the language must be known and its weight above 0", name, w)
		}
	}
	for i, t := range p.Tools {
		if err := t.validate(); err != nil {
			return fmt.Errorf("tools[%d]: %w", i, err)
		}
	}
	return p.validateWindows()
}

func (t Tool) validate() error {
	switch t.Class {
	case "shell", "read", "edit", "search", "test", "build":
	default:
		return fmt.Errorf("class is %q; it must be shell, read, edit, search, test or build", t.Class)
	}
	if t.Name == "" || !(t.Weight > 0) || t.Late < 0 {
		return fmt.Errorf("name is %q, weight %g, late %g; a tool needs a name, a weight above 0 and a late one not below", t.Name, t.Weight, t.Late)
	}
	if err := t.Result.Validate(); err != nil {
		return fmt.Errorf("result_tokens: %w", err)
	}
	if err := t.Delay.Validate(); err != nil {
		return fmt.Errorf("delay_s: %w", err)
	}
	return nil
}
