package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"

	"plimsoll"
)

// systemYAML describes the system under test in the field names of MLPerf
// Endpoints' system description: what the run can know is filled, the rest is
// left for its owner. A result is comparable only with it complete.
func systemYAML(f plimsoll.Facts) []byte {
	var b bytes.Buffer
	fmt.Fprintln(&b, "# The system under test. Fill what is empty: a result is comparable only with it complete.")
	line := func(key, value, note string) {
		if note != "" {
			note = "  # " + note
		}
		fmt.Fprintf(&b, "%s: %q%s\n", key, value, note)
	}
	engine, version := f.Engine.Identity.Server, f.Engine.Identity.Version
	line("system_name", "", "for example NVIDIA HGX H200")
	line("accelerator_model_name", "", "")
	line("accelerators", fmt.Sprint(f.Accelerators), "all that serve, standby ones too")
	line("number_of_nodes", "", "")
	line("host_processor_model_name", "", "")
	line("serving_framework", strings.TrimSpace(engine+" "+version), "")
	line("model", f.Engine.Model, "")
	line("precision", "", "for example mxfp4 weights, fp8 KV cache")
	line("tensor_parallel", "", "")
	line("pipeline_parallel", "", "")
	line("expert_parallel", "", "")
	line("data_parallel", "", "")
	line("disaggregated", "", "prefill and decode apart: yes or no, and how many of each")
	line("routing", "", "for example conversation affinity")
	line("cache_policy", "", "prefix cache on or off, size, offload")
	line("launch_command", "", "without secrets")
	line("simulated", fmt.Sprint(f.Engine.Simulated), "")
	line("load_generator", loadGenerator(), "the machine that made the load")
	return b.Bytes()
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
