// Package scrape reads an engine's own metrics while it serves: the Prometheus
// text of vLLM (and of the simulated engine, which uses its names), SGLang,
// TensorRT-LLM (trtllm-serve, through Dynamo, and behind Triton) and llama.cpp,
// as one small set of figures. Names, versions and sources stand in
// docs/client.md.
//
// Families and Value are the only reader of Prometheus text in the program: package
// power reads exporters with them too.
//
// Parse is a pure function of the bytes. An Endpoint fetches them; it starts no
// goroutine, follows no redirect to another host, and no error of it holds a
// header's value.
package scrape
