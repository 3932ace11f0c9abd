package profile

import (
	"fmt"
	"slices"
	"strings"

	"plimsoll/sim/roofline"
)

// Profile is one complete simulated engine.
type Profile struct {
	Name      string `yaml:"name,omitempty"`
	About     string `yaml:"about,omitempty"`
	ModelName string `yaml:"model_name,omitempty"` // that the live engine serves
	Use       Use    `yaml:"use,omitempty"`
	Layout    Layout `yaml:"layout,omitempty"` // of a single engine; or
	Pools     []Pool `yaml:"pools,omitempty"`  // of several
	// Configuration says where the choices below come from: layout, pools, router,
	// speculation. Built-in profiles have it.
	Configuration Configuration `yaml:"configuration,omitempty"`
	Racks         int           `yaml:"racks,omitempty"`     // equal copies that the pools' engines are split into; 0 is 1
	Router        string        `yaml:"router,omitempty"`    // affinity, least_loaded, prefix; "" affinity
	Network       Network       `yaml:"network,omitempty"`   // between the pools and before them
	Published     Published     `yaml:"published,omitempty"` // what to set the simulation beside
	KVRegime      string        `yaml:"kv_regime,omitempty"` // of the model; "" ideal paging
	Chosen        []Chosen      `yaml:"chosen,omitempty"`    // after seeing what was published
	Speculation   Speculation   `yaml:"speculation,omitempty"`
	Offload       []OffloadTier `yaml:"offload,omitempty"` // below the KV pool of engines that take prompts; none: what is evicted is gone
	// ExpertFormat puts the experts' weights into another block format, mxfp4 or
	// mxfp8; "" as the model has them.
	ExpertFormat string      `yaml:"expert_format,omitempty"`
	Accelerator  Accelerator `yaml:"accelerator,omitempty"`
	Model        Model       `yaml:"model,omitempty"`
	Constants    Constants   `yaml:"constants,omitempty"`
	Runtime      Runtime     `yaml:"runtime,omitempty"`
}

// Use names embedded sections that stand in place of written ones.
type Use struct {
	Accelerator string `yaml:"accelerator,omitempty"`
	Model       string `yaml:"model,omitempty"`
	Constants   string `yaml:"constants,omitempty"`
	Runtime     string `yaml:"runtime,omitempty"`
	Network     string `yaml:"network,omitempty"`
}

// Configuration is the provenance of choices that are no numbers.
type Configuration struct {
	Source string `yaml:"source"`
	Date   string `yaml:"date"`
	Kind   string `yaml:"kind"`
}

// Layout says how the model is spread over accelerators; see roofline.Layout.
type Layout struct {
	TP    int  `yaml:"tp,omitempty"`
	DP    int  `yaml:"dp,omitempty"`
	EP    int  `yaml:"ep,omitempty"`
	PP    int  `yaml:"pp,omitempty"`
	Fused bool `yaml:"fused,omitempty"`
	// Redundant is copies of experts beside the first, spread with them.
	Redundant int `yaml:"redundant,omitempty"`
}

// Pool is a number of equal engines.
type Pool struct {
	Role       string `yaml:"role,omitempty"` // serve: whole requests, or prompts where there is a decode pool; decode
	Count      int    `yaml:"count,omitempty"`
	Layout     Layout `yaml:"layout,omitempty"`
	KVRegime   string `yaml:"kv_regime,omitempty"`
	MaxNumSeqs Value  `yaml:"max_num_seqs,omitempty" unit:"1" optional:"ok"` // a rank, in place of the runtime's
}

// Network is what lies before and between the pools. What travels between them a
// prompt token is Model.TransferBytes.
type Network struct {
	Overhead      Value `yaml:"overhead,omitempty" unit:"s" optional:"ok" zero:"ok"`       // routing and tokenising
	TransferFixed Value `yaml:"transfer_fixed,omitempty" unit:"s" optional:"ok" zero:"ok"` // of a KV cache from serve to decode
	TransferRate  Value `yaml:"transfer_rate,omitempty" unit:"B/s" optional:"ok"`
}

// Published is a published result of the benchmark on such a system. Power is what
// an accelerator's share of the published megawatts comes to.
type Published struct {
	Result               string `yaml:"result,omitempty"` // its name among the results that ship with the program
	AgentsPerMW          Value  `yaml:"agents_per_mw,omitempty" unit:"1" optional:"ok"`
	AgentsPerAccelerator Value  `yaml:"agents_per_accelerator,omitempty" unit:"1" optional:"ok"`
	Power                Value  `yaml:"power,omitempty" unit:"W" optional:"ok"`
}

// Speculation picks an acceptance table of the model and the length of the draft.
type Speculation struct {
	Table string `yaml:"table,omitempty"`
	Draft int    `yaml:"draft,omitempty"` // tokens verified beside the next one; 0 is off
	// Accepted is what a step was observed to yield, in place of the table's figure.
	Accepted Value `yaml:"accepted,omitempty" unit:"token" optional:"ok"`
}

// Accelerator is the hardware section: one accelerator.
type Accelerator struct {
	HBMBytes      Value  `yaml:"hbm_bytes" unit:"B"`
	HBMBandwidth  Value  `yaml:"hbm_bandwidth" unit:"B/s"`
	BF16          Value  `yaml:"bf16" unit:"FLOP/s"`
	FP8           Value  `yaml:"fp8" unit:"FLOP/s" zero:"ok"`
	FP4           Value  `yaml:"fp4" unit:"FLOP/s" zero:"ok"`
	LinkBandwidth Value  `yaml:"link_bandwidth" unit:"B/s" zero:"ok"` // one direction
	LinkDomain    Value  `yaml:"link_domain" unit:"1"`
	NICBandwidth  Value  `yaml:"nic_bandwidth" unit:"B/s" zero:"ok"`
	FloorFactor   Value  `yaml:"floor_factor" unit:"1"`
	FourBitFactor Value  `yaml:"four_bit_factor" unit:"1"`
	IdlePower     Value  `yaml:"idle_power" unit:"W" zero:"ok"`
	MaxPower      Value  `yaml:"max_power" unit:"W"`
	TypicalPower  Value  `yaml:"typical_power,omitempty" unit:"W" optional:"ok"` // at its limit of agents; left out: max_power
	ITPower       Value  `yaml:"it_power" unit:"W"`                              // node or rack rating over its accelerators
	ITBoundary    string `yaml:"it_boundary"`                                    // of that rating: node_ac, rack
	AllInPower    Value  `yaml:"all_in_power" unit:"W"`                          // with cooling and losses
}

// Model is the section of the transformer.
type Model struct {
	Hidden          Value       `yaml:"hidden" unit:"1"`
	Vocab           Value       `yaml:"vocab" unit:"1" zero:"ok"`
	MaxContext      Value       `yaml:"max_context" unit:"token"`
	Evidence        []Evidence  `yaml:"evidence"`
	CheckpointBytes Value       `yaml:"checkpoint_bytes" unit:"B"`
	ExpertBytes     Value       `yaml:"expert_bytes" unit:"B" zero:"ok"`
	ExtraFloor      Value       `yaml:"extra_floor" unit:"s" zero:"ok"`
	ExtraPerToken   Value       `yaml:"extra_per_token" unit:"s" zero:"ok"`
	TransferBytes   Value       `yaml:"transfer_bytes,omitempty" unit:"B" optional:"ok"` // of KV cache that travels a prompt token; left out: ideal paging
	Attention       []Attention `yaml:"attention"`
	FFN             []FFN       `yaml:"ffn"`
	KVRegimes       []KVRegime  `yaml:"kv_regimes"`
	Acceptance      []Accepted  `yaml:"acceptance"`
}

// Evidence says what the model's step times were checked against on an accelerator.
type Evidence struct {
	On     string `yaml:"on"`    // accelerator
	Level  string `yaml:"level"` // kernel-measured, engine-fitted
	Source string `yaml:"source"`
	Date   string `yaml:"date"`
}

// Attention is a group of attention layers; see roofline.Attention.
type Attention struct {
	Kind        string `yaml:"kind"`
	Format      string `yaml:"format"`
	Layers      Value  `yaml:"layers" unit:"1"`
	Parameters  Value  `yaml:"parameters" unit:"1" zero:"ok"`
	WeightBytes Value  `yaml:"weight_bytes" unit:"B"`
	QHeads      Value  `yaml:"q_heads" unit:"1"`
	KVHeads     Value  `yaml:"kv_heads" unit:"1"`
	HeadDim     Value  `yaml:"head_dim" unit:"1"`
	PrefillDim  Value  `yaml:"prefill_dim" unit:"1" zero:"ok" need:"mla dsa"`
	EntryBytes  Value  `yaml:"entry_bytes" unit:"B"`
	Window      Value  `yaml:"window" unit:"token" need:"window csa hca"`
	TopK        Value  `yaml:"top_k" unit:"1" need:"dsa csa"`
	Compress    Value  `yaml:"compress" unit:"token" need:"csa hca"`
	IndexHeads  Value  `yaml:"index_heads" unit:"1" need:"dsa csa"`
	IndexDim    Value  `yaml:"index_dim" unit:"1" need:"dsa csa"`
	IndexBytes  Value  `yaml:"index_bytes" unit:"B" need:"dsa csa"`
}

// FFN is a group of feed-forward layers; see roofline.FFN.
type FFN struct {
	Kind        string `yaml:"kind"` // dense, experts
	Format      string `yaml:"format"`
	Layers      Value  `yaml:"layers" unit:"1"`
	Parameters  Value  `yaml:"parameters" unit:"1"` // a layer, or an expert
	WeightBytes Value  `yaml:"weight_bytes" unit:"B"`
	Experts     Value  `yaml:"experts" unit:"1" need:"experts"`
	TopK        Value  `yaml:"top_k" unit:"1" need:"experts"`
}

// KVRegime is what a runtime keeps a token and a sequence, on every accelerator of
// a tensor-parallel rank, where that is not ideal paging.
type KVRegime struct {
	Name     string `yaml:"name"`
	PerToken Value  `yaml:"per_token" unit:"B"`
	Fixed    Value  `yaml:"fixed" unit:"B" zero:"ok"`
}

// Accepted is a measured acceptance table: tokens a step for drafts of 1, 2, ...
type Accepted struct {
	Name   string  `yaml:"name"`
	Tokens []Value `yaml:"tokens" unit:"token"`
}

// Constants is the section of reached fractions of peaks, floors and power shares.
type Constants struct {
	EtaWeights        Value         `yaml:"eta_weights" unit:"1"`
	EtaExperts        Value         `yaml:"eta_experts" unit:"1"`
	EtaKV             Value         `yaml:"eta_kv" unit:"1"`
	EtaCompute        Value         `yaml:"eta_compute" unit:"1"`
	EtaMoE            Value         `yaml:"eta_moe" unit:"1"`
	EtaAttention      Value         `yaml:"eta_attention" unit:"1"`
	EtaIndex          Value         `yaml:"eta_index" unit:"1"`
	EtaLink           Value         `yaml:"eta_link" unit:"1"`
	EtaAllToAll       Value         `yaml:"eta_all_to_all" unit:"1"`
	EtaNIC            Value         `yaml:"eta_nic" unit:"1"`
	AllReduceFloor    Value         `yaml:"all_reduce_floor" unit:"s" zero:"ok"`
	DenseFloor        Value         `yaml:"dense_floor" unit:"s" zero:"ok"`
	ExpertFloor       Value         `yaml:"expert_floor" unit:"s" zero:"ok"`
	FusedFloor        Value         `yaml:"fused_floor" unit:"s" zero:"ok"`
	ExchangeFloor     Value         `yaml:"exchange_floor" unit:"s" zero:"ok"`
	HeadFloor         Value         `yaml:"head_floor" unit:"s" zero:"ok"`
	Overlap           Value         `yaml:"overlap" unit:"1" zero:"ok"`
	ExpertImbalance   Value         `yaml:"expert_imbalance" unit:"1"`
	DraftLayers       Value         `yaml:"draft_layers" unit:"1"`
	VerifyOverhead    Value         `yaml:"verify_overhead" unit:"1" zero:"ok"`
	ComputePowerShare Value         `yaml:"compute_power_share" unit:"1"`
	MemoryPowerShare  Value         `yaml:"memory_power_share" unit:"1"`
	ExchangeBytes     Value         `yaml:"exchange_bytes" unit:"B"` // of the all-to-all, a token element to each rank it goes to, both ways
	ElementHidden     Value         `yaml:"element_hidden" unit:"1"` // hidden size at which element_bytes of the kinds stand
	Kinds             []KindOfFloor `yaml:"kinds"`
}

// KindOfFloor holds the constants of one kind of attention.
type KindOfFloor struct {
	Kind         string `yaml:"kind"`
	Floor        Value  `yaml:"floor" unit:"s" zero:"ok"`
	ElementBytes Value  `yaml:"element_bytes" unit:"B" zero:"ok"` // a token and layer at element_hidden
}

// Runtime is the section of the serving software.
type Runtime struct {
	Scheduler        string `yaml:"scheduler"` // vllm: mixed steps; sglang: prompts or decodes; trtllm: mixed, no eviction
	Reserve          string `yaml:"reserve"`   // output, prompt, estimate
	PhiDecode        Value  `yaml:"phi_decode" unit:"1"`
	PhiPrefill       Value  `yaml:"phi_prefill" unit:"1"`
	MemoryShare      Value  `yaml:"memory_share" unit:"1"`                                     // of HBM that the runtime may use
	ReservedBytes    Value  `yaml:"reserved_bytes" unit:"B"`                                   // activations, graphs, communication
	KVFactor         Value  `yaml:"kv_factor,omitempty" unit:"1" optional:"ok"`                // KV pool that was observed over the one that the memory comes to
	BlockTokens      Value  `yaml:"block_tokens" unit:"token"`                                 // a KV block
	MaxNumSeqs       Value  `yaml:"max_num_seqs" unit:"1"`                                     // a rank
	MaxBatchedTokens Value  `yaml:"max_batched_tokens" unit:"token"`                           // a rank and step
	AlignSteps       Value  `yaml:"align_steps,omitempty" unit:"1" optional:"ok" zero:"ok"`    // that a prompt waits for those of other attention ranks
	PreferredSeqs    Value  `yaml:"preferred_seqs,omitempty" unit:"1" optional:"ok" zero:"ok"` // 0: admit always
	PreferredQueue   Value  `yaml:"preferred_queue,omitempty" unit:"1" optional:"ok" zero:"ok"`
	QueuePerSeq      Value  `yaml:"queue_per_seq,omitempty" unit:"1" optional:"ok" zero:"ok"`   // beyond preferred_queue; 0: none
	MaxQueueDelay    Value  `yaml:"max_queue_delay,omitempty" unit:"s" optional:"ok" zero:"ok"` // at or above preferred_seqs

	SchedulePolicy  string `yaml:"schedule_policy,omitempty"`                              // fcfs (the default), lpm
	LPMMaxQueue     Value  `yaml:"lpm_max_queue,omitempty" unit:"1" optional:"ok"`         // a longer queue is first come, first served
	LPMSharedTokens Value  `yaml:"lpm_shared_tokens,omitempty" unit:"token" optional:"ok"` // of prompts that wait

	InitNewTokenRatio       Value `yaml:"init_new_token_ratio,omitempty" unit:"1" optional:"ok"`
	MinNewTokenRatioFactor  Value `yaml:"min_new_token_ratio_factor,omitempty" unit:"1" optional:"ok"` // of init_new_token_ratio
	NewTokenRatioDecaySteps Value `yaml:"new_token_ratio_decay_steps,omitempty" unit:"1" optional:"ok"`
	ClipMaxNewTokens        Value `yaml:"clip_max_new_tokens,omitempty" unit:"token" optional:"ok"`
	RetractDecodeSteps      Value `yaml:"retract_decode_steps,omitempty" unit:"1" optional:"ok"`
}

var kinds = []roofline.Kind{roofline.GQA, roofline.Window, roofline.MLA, roofline.DSA, roofline.CSA, roofline.HCA}

func (p *Profile) check() error {
	if p.Name == "" || p.ModelName == "" {
		return fmt.Errorf("name %q and model_name %q must not be empty", p.Name, p.ModelName)
	}
	if c := p.Configuration; c != (Configuration{}) {
		if err := checkOrigin(c.Source, c.Date, c.Kind); err != nil {
			return fmt.Errorf("configuration %w", err)
		}
	}
	for _, section := range []struct {
		name  string
		value any
	}{{"accelerator", p.Accelerator}, {"model", p.Model}, {"constants", p.Constants}, {"runtime", p.Runtime},
		{"network", p.Network}, {"published", p.Published}, {"speculation", p.Speculation}} {
		if err := checkSection(section.name, section.value); err != nil {
			return err
		}
	}
	return p.checkNames()
}

// checkNames checks the words that are not numbers.
func (p *Profile) checkNames() error {
	if b := p.Accelerator.ITBoundary; b != "node_ac" && b != "rack" {
		return fmt.Errorf("accelerator.it_boundary is %q, want what it_power is rated for: node_ac or rack", b)
	}
	if err := p.Runtime.checkScheduler(); err != nil {
		return err
	}
	if err := p.checkOffload(); err != nil {
		return err
	}
	for i, pool := range p.Pools {
		if err := checkSection(fmt.Sprintf("pools[%d]", i), pool); err != nil {
			return err
		}
		if pool.Count < 1 || pool.Role != "serve" && pool.Role != "decode" {
			return fmt.Errorf("pools[%d] has count %d and role %q, want a count of at least 1 and serve or decode", i, pool.Count, pool.Role)
		}
	}
	if err := p.checkChoices(); err != nil {
		return err
	}
	if len(p.Pools) > 0 && (p.Layout != Layout{} || p.KVRegime != "") {
		return fmt.Errorf("layout and kv_regime are of a single engine; with pools, write them there")
	}
	if len(p.Model.Attention) == 0 || len(p.Model.FFN) == 0 {
		return fmt.Errorf("model needs at least one group under attention and one under ffn")
	}
	for i, e := range p.Model.Evidence {
		if e.Level != KernelMeasured && e.Level != EngineFitted || e.Source == "" || e.On == "" || !isDate(e.Date) {
			return fmt.Errorf("model.evidence[%d] is %+v, want on, level (%s, %s), source and date YYYY-MM-DD", i, e, KernelMeasured, EngineFitted)
		}
	}
	if err := p.checkChosen(); err != nil {
		return err
	}
	for i, a := range p.Model.Attention {
		if !slices.Contains(kinds, roofline.Kind(a.Kind)) {
			return fmt.Errorf("model.attention[%d].kind %q is not modelled; there are: %v", i, a.Kind, kinds)
		}
		if !slices.ContainsFunc(p.Constants.Kinds, func(k KindOfFloor) bool { return k.Kind == a.Kind }) {
			return fmt.Errorf("constants.kinds lacks %s, which model.attention[%d] is of", a.Kind, i)
		}
	}
	for i, f := range p.Model.FFN {
		if f.Kind != "dense" && f.Kind != "experts" {
			return fmt.Errorf("model.ffn[%d].kind %q is not modelled; there are: dense, experts", i, f.Kind)
		}
	}
	return nil
}

// regime returns a KV regime of the model, false for ideal paging.
func (p *Profile) regime(name string) (KVRegime, bool, error) {
	if name == "" {
		return KVRegime{}, false, nil
	}
	var names []string
	for _, r := range p.Model.KVRegimes {
		if r.Name == name {
			return r, true, nil
		}
		names = append(names, r.Name)
	}
	return KVRegime{}, false, fmt.Errorf("kv_regime %q is not one of the model's: %s", name, strings.Join(names, ", "))
}

// accepted returns the tokens a decode step yields a sequence.
func (p *Profile) accepted() (float64, error) {
	if p.Speculation.Draft == 0 {
		if p.Speculation.Table != "" {
			return 0, fmt.Errorf("speculation.table is %q but speculation.draft is 0", p.Speculation.Table)
		}
		return 1, nil
	}
	for _, a := range p.Model.Acceptance {
		if a.Name != p.Speculation.Table {
			continue
		}
		if n := p.Speculation.Draft; n < 1 || n > len(a.Tokens) {
			return 0, fmt.Errorf("speculation.draft is %d, the table %s holds drafts 1..%d", n, a.Name, len(a.Tokens))
		}
		if p.Speculation.Accepted != (Value{}) {
			return p.Speculation.Accepted.Value, nil
		}
		return a.Tokens[p.Speculation.Draft-1].Value, nil
	}
	return 0, fmt.Errorf("speculation.table %q is not one of the model's acceptance tables", p.Speculation.Table)
}
