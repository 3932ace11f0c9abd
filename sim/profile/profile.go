package profile

import (
	"bytes"
	"embed"
	"fmt"
	"io"
	"os"
	"strings"

	"go.yaml.in/yaml/v4"
)

//go:embed data/*.yaml
var data embed.FS

// Profile is one complete simulated engine.
type Profile struct {
	Name        string      `yaml:"name"`
	About       string      `yaml:"about"`
	ModelName   string      `yaml:"model_name"` // that the live engine serves
	Accelerator Accelerator `yaml:"accelerator"`
	Model       Model       `yaml:"model"`
	Constants   Constants   `yaml:"constants"`
	Runtime     Runtime     `yaml:"runtime"`
}

// Accelerator is the hardware section; count of them work as one.
type Accelerator struct {
	Count        Value `yaml:"count" unit:"1"`
	HBMBytes     Value `yaml:"hbm_bytes" unit:"B"`
	HBMBandwidth Value `yaml:"hbm_bandwidth" unit:"B/s"`
	BF16         Value `yaml:"bf16" unit:"FLOP/s"`
	FloorFactor  Value `yaml:"floor_factor" unit:"1"`
	IdlePower    Value `yaml:"idle_power" unit:"W" zero:"ok"`
	MaxPower     Value `yaml:"max_power" unit:"W"`
}

// Model is the section of the transformer.
type Model struct {
	Layers         Value `yaml:"layers" unit:"1"`
	QHeads         Value `yaml:"q_heads" unit:"1"`
	KVHeads        Value `yaml:"kv_heads" unit:"1"`
	HeadDim        Value `yaml:"head_dim" unit:"1"`
	Parameters     Value `yaml:"parameters" unit:"1"`
	WeightBytes    Value `yaml:"weight_bytes" unit:"B"`
	KVElementBytes Value `yaml:"kv_element_bytes" unit:"B"`
	MaxContext     Value `yaml:"max_context" unit:"token"`
}

// Constants is the section of reached fractions of peaks, floors and power shares.
type Constants struct {
	EtaWeights        Value `yaml:"eta_weights" unit:"1"`
	EtaKV             Value `yaml:"eta_kv" unit:"1"`
	EtaCompute        Value `yaml:"eta_compute" unit:"1"`
	EtaAttention      Value `yaml:"eta_attention" unit:"1"`
	LayerFloor        Value `yaml:"layer_floor" unit:"s" zero:"ok"`
	HeadFloor         Value `yaml:"head_floor" unit:"s" zero:"ok"`
	ComputePowerShare Value `yaml:"compute_power_share" unit:"1"`
	MemoryPowerShare  Value `yaml:"memory_power_share" unit:"1"`
}

// Runtime is the section of the serving software.
type Runtime struct {
	Scheduler        string `yaml:"scheduler"` // vllm
	Reserve          string `yaml:"reserve"`   // output, prompt
	PhiDecode        Value  `yaml:"phi_decode" unit:"1"`
	PhiPrefill       Value  `yaml:"phi_prefill" unit:"1"`
	MemoryShare      Value  `yaml:"memory_share" unit:"1"`   // of HBM that the runtime may use
	ReservedBytes    Value  `yaml:"reserved_bytes" unit:"B"` // activations, graphs, communication
	BlockTokens      Value  `yaml:"block_tokens" unit:"token"`
	MaxNumSeqs       Value  `yaml:"max_num_seqs" unit:"1"`
	MaxBatchedTokens Value  `yaml:"max_batched_tokens" unit:"token"`
	PreferredSeqs    Value  `yaml:"preferred_seqs" unit:"1" zero:"ok"`
	MaxQueueDelay    Value  `yaml:"max_queue_delay" unit:"s" zero:"ok"`
}

// Load returns an embedded profile by its name, or reads a file where the name
// starts with ./ ../ or / or ends in .yaml.
func Load(name string) (*Profile, error) {
	if strings.HasPrefix(name, "./") || strings.HasPrefix(name, "../") || strings.HasPrefix(name, "/") || strings.HasSuffix(name, ".yaml") {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("profile: %w", err)
		}
		return Read(name, text)
	}
	text, err := data.ReadFile("data/" + name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("profile %q is not built in; there are: %s", name, strings.Join(List(), ", "))
	}
	return Read(name, text)
}

// List returns the names of the embedded profiles.
func List() []string {
	entries, _ := data.ReadDir("data") // embedded: it is there
	names := make([]string, 0, len(entries))
	for _, entry := range entries {
		names = append(names, strings.TrimSuffix(entry.Name(), ".yaml"))
	}
	return names
}

// Read decodes and checks a profile; name is for errors only.
func Read(name string, text []byte) (*Profile, error) {
	loader, err := yaml.NewLoader(bytes.NewReader(text), yaml.WithKnownFields(), yaml.WithUniqueKeys())
	if err != nil {
		return nil, fmt.Errorf("profile %s: %w", name, err)
	}
	var p Profile
	if err := loader.Load(&p); err == io.EOF {
		return nil, fmt.Errorf("profile %s is empty", name)
	} else if err != nil {
		return nil, fmt.Errorf("profile %s: %w", name, err)
	}
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("profile %s: %w", name, err)
	}
	return &p, nil
}

func (p *Profile) check() error {
	if p.Name == "" || p.ModelName == "" {
		return fmt.Errorf("name %q and model_name %q must not be empty", p.Name, p.ModelName)
	}
	for _, section := range []struct {
		name  string
		value any
	}{{"accelerator", p.Accelerator}, {"model", p.Model}, {"constants", p.Constants}, {"runtime", p.Runtime}} {
		if err := checkSection(section.name, section.value); err != nil {
			return err
		}
	}
	if p.Runtime.Scheduler != "vllm" {
		return fmt.Errorf("runtime.scheduler %q is not modelled; there is: vllm", p.Runtime.Scheduler)
	}
	return nil
}
