package profile

import "fmt"

// Bytes a weight in the block formats of OCP Microscaling Formats 1.0, section 5: 4 or
// 8 bits, and a shared exponent of 8 bits for 32 weights.
const (
	MXFP4Bytes = 4.0/8 + 1.0/32
	MXFP8Bytes = 8.0/8 + 1.0/32
)

// SetExpertFormat puts the weights of all experts into a block format, mxfp4 or mxfp8;
// the checkpoint grows or shrinks with them. A model without experts is refused.
func (p *Profile) SetExpertFormat(name string) error {
	bytes, known := map[string]float64{"mxfp4": MXFP4Bytes, "mxfp8": MXFP8Bytes}[name]
	if !known {
		return fmt.Errorf("expert_format %q is not modelled; there are: mxfp4, mxfp8", name)
	}
	before := 0.0
	for i := range p.Model.FFN {
		f := &p.Model.FFN[i]
		if f.Kind != "experts" {
			continue
		}
		if before > 0 && f.WeightBytes.Value != before {
			return fmt.Errorf("expert_format %s: model.ffn[%d].weight_bytes is %g and another group of experts has %g; only one format for all is modelled", name, i, f.WeightBytes.Value, before)
		}
		before = f.WeightBytes.Value
		f.WeightBytes.Value, f.WeightBytes.Low, f.WeightBytes.High = bytes, bytes, bytes
	}
	if before == 0 {
		return fmt.Errorf("expert_format %s: the model has no experts", name)
	}
	more := p.Model.ExpertBytes.Value * (bytes/before - 1)
	for _, v := range []*Value{&p.Model.ExpertBytes, &p.Model.CheckpointBytes} {
		v.Value, v.Low, v.High = v.Value+more, v.Low+more, v.High+more
	}
	p.ExpertFormat = name
	return nil
}
