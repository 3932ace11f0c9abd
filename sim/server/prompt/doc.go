// Package prompt reads the body of a chat completion request in one pass, without
// building values: how many tokens its conversation has, which blocks of it can be
// cached, and the few fields that matter to a simulated engine.
//
// # Tokens
//
// A token is 4 bytes of text. A message has ceil(n/4) + 4 tokens, n being the bytes
// of all its text after unescaping: content, reasoning, names and arguments of tool
// calls, in the order of the body. The tools have ceil(n/4), n being the bytes of
// their raw JSON.
//
// # Blocks
//
// The prompt's tokens stand in a row: first message, tools, further messages, each
// message closed by four tokens for its frame, which hold its role. A block's
// identity is a hash of its bytes and of the identity before it, so equal identities
// mean equal prefixes. Spelling does not matter: escapes, white space and the order
// of keys give the same identities.
//
// # Memory
//
// A Memory belongs to one connection. It compares a body with the one before and
// goes on scanning after the last message that both share.
//
// # What is let through
//
// Raw control characters and invalid UTF-8 inside strings; any value under keys
// that are not read. Nesting is bounded.
package prompt
