// Package server serves a simulated engine live: an OpenAI-compatible chat face
// over the core of package sim, driven by the wall clock.
//
// # Routes
//
//	POST /v1/chat/completions   streamed and not
//	GET  /v1/models             the one model
//	GET  /version, /health
//	GET  /metrics               Prometheus text with vLLM's names
//	GET  /dcgm/metrics          modelled power in the form of NVIDIA's dcgm-exporter
//	POST /reset_prefix_cache    forget cached prompt blocks that no request uses
//
// # Tokens
//
// The tokenizer is a declared byte rule: a text of n bytes has ceil(n/4) tokens.
// A prompt's tokens are, over its messages, those of all text of the message (its
// reasoning, content, tool-call names and arguments together) plus 4, plus those of
// the raw JSON of the tools. A reply's token is exactly four bytes of text.
//
// # Output length
//
// With ignore_eos a reply has exactly max_tokens (or max_completion_tokens) tokens
// and ends with `length`. Without, it has a natural length, a hash of the prompt
// between 16 and 512, that min_tokens raises; it ends with `stop` there, or with
// `length` at max_tokens if that comes first.
//
// # What is refused
//
// Unknown models (404), wrong keys (401), broken JSON, prompts that exceed the
// context or the KV pool, n above 1 and content that is not text (400). Sampling
// fields have no meaning here and are accepted. Raw control characters inside
// strings are let through.
//
// Every answer carries the header `Server: plimsoll-engine (simulated)`.
package server
