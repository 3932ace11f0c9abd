// Package token counts tokens.
//
// A Counter counts the tokens of a piece of text in a named basis. Every token
// figure in the program carries the name of its basis, because 1,000 tokens of
// one tokenizer are not 1,000 tokens of another.
//
// Bytes4 is the declared byte rule of the simulated engine: one token for every
// four bytes, rounded up. It is exact for that engine and an estimate for any
// other.
//
// Fill counts a whole trajectory in one basis: every segment, every prompt and
// every reply. It is incremental: a message is counted once however many prompts
// it stands in.
package token
