package profile

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"go.yaml.in/yaml/v4"
)

//go:embed data
var data embed.FS

// Load returns an embedded profile by its name; or composes one from
// ACCELERATOR+MODEL or ACCELERATOR+MODEL+RUNTIME, all embedded, on as few accelerators as hold it; or reads a
// file where the name starts with ./ ../ or / or ends in .yaml.
func Load(name string) (*Profile, error) {
	if strings.HasPrefix(name, "./") || strings.HasPrefix(name, "../") || strings.HasPrefix(name, "/") || strings.HasSuffix(name, ".yaml") {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("profile: %w", err)
		}
		return Read(name, text)
	}
	if parts := strings.Split(name, "+"); len(parts) == 2 {
		return compose(parts[0], parts[1], "vllm")
	} else if len(parts) == 3 {
		return compose(parts[0], parts[1], parts[2])
	}
	text, err := data.ReadFile("data/" + name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("profile %q is not built in; there are: %s; or ACCELERATOR+MODEL[+RUNTIME], or a file such as ./mine.yaml; see plimsoll simulate list",
			name, strings.Join(near(name, List()), ", "))
	}
	return Read(name, text)
}

// List returns the names of the embedded profiles.
func List() []string { return list("") }

func list(folder string) []string {
	entries, _ := data.ReadDir(path.Join("data", folder)) // embedded: it is there
	var names []string
	for _, entry := range entries {
		if name, ok := strings.CutSuffix(entry.Name(), ".yaml"); ok {
			names = append(names, name)
		}
	}
	return names
}

// Read decodes a profile, puts in the embedded sections that it uses, and checks
// it; name is for errors only.
func Read(name string, text []byte) (*Profile, error) {
	var p Profile
	if err := decode(name, text, &p); err != nil {
		return nil, err
	}
	for _, section := range []struct {
		folder, use string
		into        any
		written     bool
	}{
		{"accelerators", p.Use.Accelerator, &p.Accelerator, p.Accelerator != Accelerator{}},
		{"models", p.Use.Model, &p.Model, len(p.Model.Attention) > 0},
		{"constants", p.Use.Constants, &p.Constants, len(p.Constants.Kinds) > 0},
		{"runtimes", p.Use.Runtime, &p.Runtime, p.Runtime != Runtime{}},
		{"networks", p.Use.Network, &p.Network, p.Network != Network{}},
	} {
		if section.use == "" {
			continue
		}
		if section.written {
			return nil, fmt.Errorf("profile %s: %s are both written and used from %q; keep one", name, section.folder, section.use)
		}
		if err := embedded(section.folder, section.use, section.into); err != nil {
			return nil, fmt.Errorf("profile %s: %w", name, err)
		}
	}
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("profile %s: %w", name, err)
	}
	if p.ExpertFormat != "" {
		if err := p.SetExpertFormat(p.ExpertFormat); err != nil {
			return nil, fmt.Errorf("profile %s: %w", name, err)
		}
	}
	return &p, nil
}

// near are the names that begin as this one does, all of them where none does.
func near(name string, names []string) []string {
	var out []string
	for _, n := range names {
		if len(name) > 1 && (strings.HasPrefix(n, name) || strings.HasPrefix(name, n)) {
			out = append(out, n)
		}
	}
	if len(out) == 0 {
		return names
	}
	return out
}

// embedded decodes one embedded section.
func embedded(folder, name string, into any) error {
	text, err := data.ReadFile(path.Join("data", folder, name+".yaml"))
	if err != nil {
		return fmt.Errorf("%s %q is not built in; there are: %s", strings.TrimSuffix(folder, "s"), name, strings.Join(list(folder), ", "))
	}
	return decode(folder+"/"+name, text, into)
}

// decode reads strict YAML: an unknown or repeated key is an error with its line.
func decode(name string, text []byte, into any) error {
	loader, err := yaml.NewLoader(bytes.NewReader(text), yaml.WithKnownFields(), yaml.WithUniqueKeys())
	if err != nil {
		return fmt.Errorf("profile %s: %w", name, err)
	}
	// The decoder speaks of Go's types, a user of sections and numbers.
	inWords := strings.NewReplacer("yaml: construct errors: ", "", " not found in type profile.", " is not known in section ", "into float64", "as a number", "!!str ", "")
	if err := loader.Load(into); errors.Is(err, io.EOF) {
		return fmt.Errorf("profile %s is empty", name)
	} else if err != nil {
		return fmt.Errorf("profile %s: %s", name, inWords.Replace(err.Error()))
	}
	return nil
}

// compose makes a profile of embedded parts with tensor parallelism over the fewest
// accelerators that hold the model.
func compose(accelerator, model, runtime string) (*Profile, error) {
	name := accelerator + "+" + model + "+" + runtime
	p := Profile{Name: name, ModelName: model, Use: Use{accelerator, model, "kernels", runtime, "one-nic"}}
	for _, section := range []struct {
		folder, use string
		into        any
	}{{"accelerators", accelerator, &p.Accelerator}, {"models", model, &p.Model}, {"constants", "kernels", &p.Constants}, {"runtimes", runtime, &p.Runtime}, {"networks", p.Use.Network, &p.Network}} {
		if err := embedded(section.folder, section.use, section.into); err != nil {
			return nil, fmt.Errorf("profile %s: %w", name, err)
		}
	}
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("profile %s: %w", name, err)
	}
	var err error
	for tp := 1; tp <= p.Accelerator.LinkDomain.int(); tp *= 2 {
		p.Layout = Layout{TP: tp, DP: 1, EP: 1, PP: 1}
		if _, err = p.Engine(); err == nil {
			return &p, nil
		}
	}
	return nil, err
}
