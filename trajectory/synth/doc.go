// Package synth draws trajectories from distributions.
//
// A Preset says how long the tasks are, how much text a turn adds, how long
// replies and tool calls take and in which languages the code is; Generate draws
// a set of full-text trajectories from it. The text is made by grammars of the
// project's own (source code, diffs, test logs, shell output, JSON tool calls,
// reasoning), so an engine sees the byte statistics of coding work: its
// tokenizer, its prefix cache and a speculative decoder meet something like the
// real thing. It is not meant to be sensible to a reader.
//
// The same preset and seed give the same bytes on every platform, and trajectory
// i is the same whatever the count. Token counts are exact in the bytes4 basis; a
// distribution file (YAML) describes a preset, and the built-in ones are such
// files.
package synth
