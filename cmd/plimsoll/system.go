package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"

	"go.yaml.in/yaml/v4"

	"plimsoll"
)

// SystemCmd prints a system description to fill in.
type SystemCmd struct {
	Check string `type:"existingfile" placeholder:"FILE" help:"Check a filled-in description instead; exit 6 with what it lacks."`
}

// Help is shown under the flags.
func (SystemCmd) Help() string {
	return `A result is comparable only with the system described: precision, topology, routing,
cache policy, launch command.

  plimsoll system > system.yaml
  plimsoll system --check system.yaml
  plimsoll run --url http://127.0.0.1:8000/v1 --system ./system.yaml`
}

// Run prints the template, or checks a file.
func (c *SystemCmd) Run(_ context.Context, io *IO) error {
	if c.Check == "" {
		_, err := io.Out.Write(describeSystem(nil, plimsoll.Facts{}))
		return err
	}
	said, err := readSystem(c.Check)
	if err != nil {
		return &ExitError{exitUsage, err}
	}
	if lacks := systemLacks(said); len(lacks) > 0 {
		return &ExitError{exitCheck, fmt.Errorf("%s lacks %s", c.Check, strings.Join(lacks, ", "))}
	}
	fmt.Fprintf(io.Err, "%s: complete\n", c.Check)
	return nil
}

// systemField is one line of system.yaml. Names are those of MLPerf Endpoints' system
// description where it has them.
type systemField struct {
	name, note string
	needed     bool                        // for a comparable result
	known      func(plimsoll.Facts) string // what the run knows of it; "" nothing
	ours       bool                        // the run's word counts, not the owner's
}

func systemFields() []systemField {
	none := func(plimsoll.Facts) string { return "" }
	return []systemField{
		{"system_name", "for example NVIDIA HGX H200", true, none, false},
		{"shortened_system_name", "at most 20 characters", false, none, false},
		{"system_availability_status", "available, preview or rdi", false, none, false},
		{"division", "", false, none, false},
		{"accelerator_model_name", "", true, none, false},
		{"accelerators", "all that serve, standby ones too", true, func(f plimsoll.Facts) string { return positive(f.Accelerators) }, true},
		{"accelerator_memory_capacity", "", false, none, false},
		{"accelerators_per_node", "", false, none, false},
		{"number_of_nodes", "", true, none, false},
		{"accelerator_interconnect", "for example NVLink 5 in a domain of 72", false, none, false},
		{"host_processor_model_name", "", false, none, false},
		{"host_processors_per_node", "", false, none, false},
		{"host_memory_capacity", "", false, none, false},
		{"host_networking", "", false, none, false},
		{"cooling", "", false, none, false},
		{"operating_system", "of the engine's hosts", false, none, false},
		{"driver", "", false, none, false},
		{"container_link", "", false, none, false},
		{"serving_framework", "name and version", true, func(f plimsoll.Facts) string {
			return strings.TrimSpace(f.Engine.Identity.Server + " " + f.Engine.Identity.Version)
		}, false},
		{"inference_backend", "for example TensorRT-LLM under Dynamo", false, none, false},
		{"model", "", true, func(f plimsoll.Facts) string { return f.Engine.Model }, true},
		{"precision", "for example mxfp4 weights, fp8 KV cache", true, none, false},
		{"tensor_parallel", "", true, none, false},
		{"pipeline_parallel", "", true, none, false},
		{"expert_parallel", "", true, none, false},
		{"data_parallel", "", true, none, false},
		{"disaggregated", "prefill and decode apart: no, or how many of each", true, none, false},
		{"routing", "for example one engine, or conversation affinity over 4", true, none, false},
		{"cache_policy", "prefix cache on or off, size, offload", true, none, false},
		{"batch", "most sequences and tokens a step", false, none, false},
		{"config_summary", "", false, none, false},
		{"launch_command", "without secrets", true, none, false},
		{"simulated", "", false, func(f plimsoll.Facts) string { return fmt.Sprint(f.Engine.Simulated) }, true},
		{"load_generator", "the machine that made the load", false, func(plimsoll.Facts) string { return loadGenerator() }, true},
	}
}

func positive(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// describeSystem writes system.yaml: what its owner said or the run knows, else an
// empty field to fill in.
func describeSystem(said map[string]string, f plimsoll.Facts) []byte {
	var b bytes.Buffer
	fmt.Fprintln(&b, "# The system under test. Fill what is empty: a result is comparable only with it complete.")
	values := described(said, f)
	for _, field := range systemFields() {
		value, note := values[field.name], ""
		if field.note != "" {
			note = "  # " + field.note
		}
		fmt.Fprintf(&b, "%s: %q%s\n", field.name, value, note)
	}
	return b.Bytes()
}

// systemLacks names the fields that a comparable result needs and that are empty.
func systemLacks(said map[string]string) []string {
	var out []string
	for _, field := range systemFields() {
		if field.needed && strings.TrimSpace(said[field.name]) == "" {
			out = append(out, field.name)
		}
	}
	return out
}

// described returns the fields that are filled, by the owner or by the run.
func described(said map[string]string, f plimsoll.Facts) map[string]string {
	out := map[string]string{}
	for _, field := range systemFields() {
		value, known := said[field.name], field.known(f)
		if value == "" || field.ours && known != "" {
			value = known
		}
		out[field.name] = value
	}
	return out
}

// readSystem reads a filled-in description strictly: an unknown field is an error, and
// so is a launch command that holds a secret by the look of it.
func readSystem(path string) (map[string]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the system description: %w", err)
	}
	said := map[string]string{}
	if err := yaml.Unmarshal(data, &said); err != nil {
		return nil, fmt.Errorf("system description %s: want one value a field: %w", path, err)
	}
	known := map[string]bool{}
	for _, field := range systemFields() {
		known[field.name] = true
	}
	for name := range said {
		if !known[name] {
			return nil, fmt.Errorf("system description %s: no field %q; plimsoll system prints them all", path, name)
		}
	}
	low := strings.ToLower(said["launch_command"])
	for _, word := range []string{"api-key", "api_key", "token=", "password", "secret", "hf_token"} {
		if strings.Contains(low, word) {
			return nil, fmt.Errorf("system description %s: launch_command holds %q, perhaps a secret: leave that part out, the file goes into the run folder", path, word)
		}
	}
	return said, nil
}

func loadGenerator() string {
	cpu := ""
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(info)) {
			if name, ok := strings.CutPrefix(line, "model name"); ok {
				cpu = strings.TrimSpace(strings.TrimLeft(name, " \t:"))
				break
			}
		}
	}
	return strings.TrimSpace(fmt.Sprintf("%s %d cores %s/%s", cpu, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH))
}
