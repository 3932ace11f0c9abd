package roofline

// Hardware is one accelerator. Peaks are dense.
type Hardware struct {
	HBMBytes     float64
	HBMBandwidth float64 // bytes/s
	BF16, FP8    float64 // FLOP/s; 0: the format is not there
	FP4          float64
	FloorFactor  float64 // multiplies all floors
	IdleW, MaxW  float64 // draw at rest and at full load
}

// Model is what a transformer costs, independent of the hardware.
type Model struct {
	Layers      int
	QHeads      int
	KVHeads     int
	HeadDim     int
	Parameters  float64 // that every token passes through
	WeightBytes float64 // read in every step
	KVBytes     float64 // bytes a KV element
	MaxContext  int     // tokens
}

// KVPerToken returns the KV cache of one token, bytes.
func (m Model) KVPerToken() float64 {
	return 2 * float64(m.Layers*m.KVHeads*m.HeadDim) * m.KVBytes
}

// Constants are the fractions of datasheet peaks that kernels reach, and floors.
type Constants struct {
	EtaWeights, EtaKV, EtaCompute, EtaAttention float64
	LayerFloor                                  float64 // s a layer and step
	HeadFloor                                   float64 // s a step: sampling and host
}

// Software is how the runtime falls short of the kernels; 1 is not at all.
type Software struct{ PhiDecode, PhiPrefill float64 }
