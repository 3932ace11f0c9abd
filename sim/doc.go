// Package sim is the simulated inference engine: a deterministic core in virtual
// time that batches requests continuously, computes long prompts in chunks, keeps
// a block prefix cache and prices every step by a cost model.
//
// # Time
//
// The core reads no clock. Its caller submits requests with their instants and
// asks for the end of the step under way (Next); Advance carries the engine to an
// instant and emits what became ready. The live server (sim/server) drives the
// same core by the wall clock, the virtual fleet by an event queue. Equal
// submissions give equal emissions, byte for byte.
//
// # Ranks and steps
//
// An engine has one or more attention ranks (data parallelism), each with a queue and
// a KV pool of its own. A request goes to one of them as it comes and stays there: where
// its session is, else to the one that has least under way. All ranks meet in every step,
// so a long prompt slows the others, and what one rank lacks no other gives. A rank's part
// of a step holds, within a budget of tokens (StepTokens), first one token for each
// decoding sequence, then chunks of prompts in order of admission, then new admissions,
// first come first served. The step's price comes from Config.Cost. A prompt's last chunk
// yields the first token, as real engines do. With Separate a rank's part holds either
// prompts or decoding sequences, prompts first. A prompt that one rank begins while
// another has none makes all wait for the one: AlignSteps lets it wait for the others' while
// all decode. Requests that arrive during a step
// join the next one.
//
// # KV pool and prefix cache
//
// A rank's pool has Blocks blocks of BlockTokens tokens. A request carries the
// identities of the full blocks of its prompt; an identity is cumulative, it stands
// for the block and everything before it. On admission the longest run of resident
// leading blocks is a hit (never the whole prompt: one token is always computed).
// Under ReserveOutput the request then reserves blocks for its prompt and its whole
// output, so nothing is ever preempted and a request waits until they are free or
// can be evicted. Under ReservePrompt only the prompt is reserved; a sequence that
// finds no block to grow into preempts the one admitted last, whose tokens are
// computed again later. Computed prompt blocks enter the cache; blocks that no
// request uses stay until they are evicted, least recently used first and the deep
// end of a chain before its start; they go to the Offload tiers, where there are any,
// and are read back when a prompt needs them. The output of a request is not cached, because a
// replayed conversation goes on with the recorded reply and not with the engine's.
//
// # Admission policy
//
// PreferredSeqs and MaxQueueDelay are those of a dynamic batcher: while fewer than
// PreferredSeqs sequences run, a request is admitted at once; above that, only
// after it has waited MaxQueueDelay. PreferredSeqs 0 admits always. A queue longer
// than PreferredQueue raises what is preferred by one sequence for every QueuePerSeq
// requests in excess: waiting is traded for slower decoding, and since the rule looks
// at the queue as it is, an engine is in its steady state as soon as its agents are.
//
// # Lazy decoding
//
// Unless PerToken is set, only the first and the last token of a request are
// emitted, and steps in which nothing but decoding happens are taken in one jump
// whose length is the sum of the steps' prices.
package sim
