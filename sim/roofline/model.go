package roofline

import (
	"fmt"
	"math"
)

// Kind is a kind of attention.
type Kind string

// The kinds.
const (
	GQA    Kind = "gqa"    // grouped queries over the whole context
	Window Kind = "window" // grouped queries over the last Window tokens
	MLA    Kind = "mla"    // multi-head latent attention, one latent entry a token
	DSA    Kind = "dsa"    // MLA over the TopK entries that an indexer picks
	CSA    Kind = "csa"    // compressed entries (one for Compress tokens), TopK picked by an indexer, and a window
	HCA    Kind = "hca"    // heavily compressed entries and a window
)

// Attention is a group of equal attention layers.
type Attention struct {
	Kind        Kind
	Layers      int
	Parameters  float64 // of the projections, a layer
	WeightBytes float64 // a parameter
	Format      Format
	QHeads      int
	KVHeads     int     // 1 for latent kinds: replicated under tensor parallelism
	HeadDim     int     // scores and values together use 2*HeadDim multiply-adds a head and entry
	PrefillDim  int     // the same for prompt tokens where it differs (latent attention, not absorbed); 0 is HeadDim
	EntryBytes  float64 // of KV cache, an entry: a KV head's key and value, or a latent
	Window      int     // tokens
	TopK        int     // entries
	Compress    int     // tokens an entry, 1 uncompressed
	IndexHeads  int
	IndexDim    int
	IndexBytes  float64 // of the indexer's cache, an entry
}

// FFN is a group of equal feed-forward layers. Experts 0 is a dense one.
type FFN struct {
	Layers      int
	Parameters  float64 // a layer when dense, an expert otherwise
	WeightBytes float64 // a parameter
	Format      Format
	Experts     int
	TopK        int
}

// Model is what a transformer costs, independent of the hardware.
type Model struct {
	Hidden, Vocab   int
	Attention       []Attention
	FFN             []FFN
	ExtraFloor      float64 // s a layer: norms, router and the like of this architecture
	ExtraPerToken   float64 // s a layer and token
	CheckpointBytes float64 // all weights
	ExpertBytes     float64 // of them, experts
	MaxContext      int
}

// Layers returns the number of attention layers.
func (m Model) Layers() int {
	n := 0
	for _, a := range m.Attention {
		n += a.Layers
	}
	return n
}

// KVPerToken returns the KV bytes that a rank of tp accelerators keeps a token on
// each of them, ideal paging: what the entries take.
func (m Model) KVPerToken(tp int) float64 {
	total := 0.0
	for _, a := range m.Attention {
		if a.Kind == Window {
			continue // a fixed size a sequence
		}
		perEntry := a.EntryBytes*a.kvShare(tp)*float64(a.KVHeads) + a.IndexBytes
		total += float64(a.Layers) * perEntry / float64(max(1, a.Compress))
	}
	return total
}

// KVFixed returns the KV bytes a sequence takes whatever its length.
func (m Model) KVFixed(tp int) float64 {
	total := 0.0
	for _, a := range m.Attention {
		total += float64(a.Layers*a.Window*a.KVHeads) * a.EntryBytes * a.kvShare(tp)
	}
	return total
}

// WeightsPerAccelerator returns the weight bytes on each accelerator.
func (m Model) WeightsPerAccelerator(l Layout) float64 {
	split := float64(l.TP * l.PP)
	if l.EP > 1 {
		return m.ExpertBytes*m.copies(l)/float64(l.EP*l.PP) + (m.CheckpointBytes-m.ExpertBytes)/split
	}
	return m.CheckpointBytes / split
}

// copies returns the expert weights kept over those there are.
func (m Model) copies(l Layout) float64 {
	for _, f := range m.FFN {
		if f.Experts > 0 {
			return float64(f.Experts+l.Redundant) / float64(f.Experts)
		}
	}
	return 1
}

// Fits checks that a layout divides the model.
func (m Model) Fits(l Layout) error {
	if l.TP < 1 || l.DP < 1 || l.EP < 1 || l.PP < 1 {
		return fmt.Errorf("layout tp %d, dp %d, ep %d, pp %d: each must be at least 1", l.TP, l.DP, l.EP, l.PP)
	}
	for _, a := range m.Attention {
		if a.QHeads%l.TP != 0 {
			return fmt.Errorf("layout.tp %d does not divide %d query heads: remainder %d", l.TP, a.QHeads, a.QHeads%l.TP)
		}
	}
	for _, f := range m.FFN {
		if n := f.Experts + l.Redundant; l.EP > 1 && f.Experts > 0 && n%l.EP != 0 {
			return fmt.Errorf("layout.ep %d does not divide %d experts + %d redundant: remainder %d", l.EP, f.Experts, l.Redundant, n%l.EP)
		}
	}
	if l.Redundant < 0 || l.Redundant > 0 && l.EP == 1 {
		return fmt.Errorf("layout.redundant %d must not be negative, and needs ep above 1", l.Redundant)
	}
	if l.EP > 1 && l.EP != l.TP*l.DP {
		return fmt.Errorf("layout.ep %d must be tp * dp = %d * %d = %d, or 1", l.EP, l.TP, l.DP, l.TP*l.DP)
	}
	return nil
}

// kvShare is the part of the KV heads that one of tp accelerators keeps.
func (a *Attention) kvShare(tp int) float64 { return 1 / float64(min(tp, max(1, a.KVHeads))) }

// entries returns how many cache entries a token attends to at context c, and how
// many the indexer scores.
func (a *Attention) entries(c float64) (attended, indexed float64) {
	switch a.Kind {
	case Window:
		return math.Min(c, float64(a.Window)), 0
	case DSA:
		return math.Min(c, float64(a.TopK)), c
	case CSA:
		n := c / float64(a.Compress)
		return math.Min(float64(a.TopK), n) + math.Min(c, float64(a.Window)), n
	case HCA:
		return c/float64(a.Compress) + math.Min(c, float64(a.Window)), 0
	}
	return c, 0
}
