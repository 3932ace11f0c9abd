package profile

import "fmt"

// Chosen is an input of a profile that was chosen after seeing a published result,
// with one thing that it could have been instead. Its values take the place of the
// profile's; what is left out stays.
type Chosen struct {
	Name    string `yaml:"name"`
	Input   string `yaml:"input"`   // the choice, in words
	Instead string `yaml:"instead"` // the other, in words
	Source  string `yaml:"source"`  // of the other
	Date    string `yaml:"date"`
	Kind    string `yaml:"kind"`

	KVRegime      string `yaml:"kv_regime,omitempty"` // of the engines that take prompts
	Layout        string `yaml:"layout,omitempty"`    // as ParseLayout reads it
	PhiDecode     Value  `yaml:"phi_decode,omitempty" unit:"1" optional:"ok"`
	PhiPrefill    Value  `yaml:"phi_prefill,omitempty" unit:"1" optional:"ok"`
	ReservedBytes Value  `yaml:"reserved_bytes,omitempty" unit:"B" optional:"ok"`
	FloorFactor   Value  `yaml:"floor_factor,omitempty" unit:"1" optional:"ok"`
	Power         Value  `yaml:"power,omitempty" unit:"W" optional:"ok"` // of an accelerator, for agents per megawatt alone
}

// Instead returns a copy of the profile without the choice: as it would be with the
// other input. What was published stays to be set beside it.
func (p *Profile) Instead(c Chosen) (*Profile, error) {
	out := p.Clone()
	out.Chosen = nil
	out.Name = p.Name + " " + c.Name
	if c.Layout != "" {
		if err := out.relayout(c.Layout); err != nil {
			return nil, fmt.Errorf("profile %s: chosen %s: %w", p.Name, c.Name, err)
		}
		out.Published = p.Published
	}
	if c.KVRegime != "" {
		pools := out.pools()
		for i := range pools {
			if pools[i].Role == "serve" {
				pools[i].KVRegime = c.KVRegime
			}
		}
		out.setPools(pools)
	}
	for _, v := range []struct {
		in  Value
		out *Value
	}{{c.PhiDecode, &out.Runtime.PhiDecode}, {c.PhiPrefill, &out.Runtime.PhiPrefill}, {c.ReservedBytes, &out.Runtime.ReservedBytes},
		{c.FloorFactor, &out.Accelerator.FloorFactor}, {c.Power, &out.Published.Power}} {
		if v.in != (Value{}) {
			*v.out = v.in
		}
	}
	return out, nil
}

// checkChosen checks what the values' own check does not.
func (p *Profile) checkChosen() error {
	for i, c := range p.Chosen {
		place := fmt.Sprintf("chosen[%d]", i)
		if c.Name == "" || c.Input == "" || c.Instead == "" {
			return fmt.Errorf("%s has name %q, input %q and instead %q, none may be empty", place, c.Name, c.Input, c.Instead)
		}
		if err := checkOrigin(c.Source, c.Date, c.Kind); err != nil {
			return fmt.Errorf("%s %w", place, err)
		}
		if err := checkSection(place, c); err != nil {
			return err
		}
		if _, _, err := p.regime(c.KVRegime); err != nil {
			return fmt.Errorf("%s: %w", place, err)
		}
	}
	return nil
}
