package roofline

import "fmt"

// Hardware is one accelerator and its links. Peaks are dense.
type Hardware struct {
	HBMBytes      float64
	HBMBandwidth  float64 // bytes/s
	BF16          float64 // FLOP/s
	FP8, FP4      float64 // FLOP/s; 0: the format is not there
	LinkBandwidth float64 // bytes/s, one direction, inside the domain
	LinkDomain    int     // accelerators; 1: no links
	NICBandwidth  float64 // bytes/s an accelerator, one direction
	FloorFactor   float64 // multiplies all floors
	FourBitFactor float64 // multiplies arithmetic on 4-bit weights, where they are widened first
}

// Format is the number format of a layer's arithmetic.
type Format string

// The formats.
const (
	BF16 Format = "bf16"
	FP8  Format = "fp8"
	FP4  Format = "fp4"
)

// Peak returns the dense peak of a format, or an error where it is missing.
func (h *Hardware) Peak(f Format) (float64, error) {
	peak := 0.0
	switch f {
	case BF16:
		peak = h.BF16
	case FP8:
		peak = h.FP8
	case FP4:
		peak = h.FP4
	}
	if !(peak > 0) {
		return 0, fmt.Errorf("the accelerator has no %s arithmetic", f)
	}
	return peak, nil
}

// Constants are the fractions of datasheet peaks that kernels reach, and floors.
type Constants struct {
	EtaWeights, EtaExperts, EtaKV       float64 // of the memory bandwidth
	EtaCompute, EtaMoE, EtaAttention    float64 // of the layer's peak; attention of BF16
	EtaIndex                            float64 // of the FP8 peak
	EtaLink, EtaAllToAll, EtaNIC        float64 // of the link's bandwidth
	AllReduceFloor                      float64 // s
	DenseFloor, ExpertFloor, FusedFloor float64 // s a layer; fused with the all-to-all
	ExchangeFloor                       float64 // s a layer: all-to-all to the experts and back, not fused
	HeadFloor                           float64 // s a step: sampling and host
	Overlap                             float64 // share of the all-to-all that fused kernels hide
	ExpertImbalance                     float64 // slowest rank over mean, large batches
	DraftLayers                         float64 // layers that a draft pass costs
	VerifyOverhead                      float64 // of a step with speculation
	ExchangeBytes                       float64 // of the all-to-all, a token element to each rank it goes to, both ways
	ElementHidden                       float64 // hidden size at which ElementBytes stand
	AttentionFloors                     map[Kind]float64
	ElementBytes                        map[Kind]float64 // element-wise bytes a token and layer
}

// Layout says how the model is spread.
type Layout struct {
	TP, DP, EP, PP int
	Fused          bool // all-to-all fused with the expert kernels
	Redundant      int  // copies of experts beside the first, spread with them over EP
}

// Accelerators returns how many the layout takes.
func (l Layout) Accelerators() int { return l.TP * l.DP * l.PP }

// Software is how the runtime falls short of the kernels; 1 is not at all. Draft is
// the tokens that a step verifies beside the next one, 0 without speculation.
type Software struct {
	PhiDecode, PhiPrefill float64
	Draft                 int
}
