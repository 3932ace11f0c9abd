package profile

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v4"
)

// YAML writes the profile as Read takes it: sections that it uses stay named, the
// others are written out.
func (p *Profile) YAML() ([]byte, error) {
	out := *p
	if p.Use.Accelerator != "" {
		out.Accelerator = Accelerator{}
	}
	if p.Use.Model != "" {
		out.Model = Model{}
	}
	if p.Use.Constants != "" {
		out.Constants = Constants{}
	}
	if p.Use.Runtime != "" {
		out.Runtime = Runtime{}
	}
	if p.Use.Network != "" {
		out.Network = Network{}
	}
	var b bytes.Buffer
	e, err := yaml.NewDumper(&b, yaml.WithIndent(2), yaml.WithLineWidth(-1))
	if err != nil {
		return nil, fmt.Errorf("write profile %s: %w", p.Name, err)
	}
	if err := e.Dump(out); err != nil {
		return nil, fmt.Errorf("write profile %s: %w", p.Name, err)
	}
	if err := e.Close(); err != nil {
		return nil, fmt.Errorf("write profile %s: %w", p.Name, err)
	}
	if _, err := Read(p.Name, b.Bytes()); err != nil {
		return nil, fmt.Errorf("write profile: what was written does not read back: %w", err)
	}
	return b.Bytes(), nil
}

// MarshalYAML puts a number and its provenance on one line.
func (v Value) MarshalYAML() (any, error) {
	type plain Value
	var n yaml.Node
	if err := n.Encode(plain(v)); err != nil {
		return nil, fmt.Errorf("write %g: %w", v.Value, err)
	}
	n.Style = yaml.FlowStyle
	return &n, nil
}
