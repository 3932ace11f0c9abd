package profile

// The levels of evidence, strongest first.
const (
	KernelMeasured = "kernel-measured" // single kernels of the model were timed on the accelerator
	EngineFitted   = "engine-fitted"   // whole engines were timed, and gave the software factor
	DatasheetOnly  = "datasheet-only"  // datasheet, model card and constants carried over
)

// Provenance returns the level of evidence for a model on an accelerator, the two
// embedded sections named.
func (m Model) Provenance(accelerator string) string {
	for _, e := range m.Evidence {
		if e.On == accelerator {
			return e.Level
		}
	}
	return DatasheetOnly
}

// Provenance returns the level of evidence for the profile.
func (p *Profile) Provenance() string { return p.Model.Provenance(p.Use.Accelerator) }

// TypicalPower returns the power of an accelerator that serves its limit of agents:
// what a published result implies, else the accelerator's own figure, else its TDP.
func (p *Profile) TypicalPower() Value {
	for _, v := range []Value{p.Published.Power, p.Accelerator.TypicalPower} {
		if v != (Value{}) {
			return v
		}
	}
	return p.Accelerator.MaxPower
}
