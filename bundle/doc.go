// Package bundle reads and writes the run folder: everything that a run leaves
// behind, in files that other tools open.
//
//	RUN/
//	  facts.json          what was known before the first level (plimsoll.Facts)
//	  run.yaml            the whole configuration, re-runnable
//	  system.yaml         the system under test, as described by its owner
//	  events.jsonl        typed events, one a line, in the order they happened
//	  levels/0007.1/      level 7, attempt 1
//	    turns.parquet     a row a turn (plimsoll.Row), zstd
//	    power.parquet     a row a meter reading (plimsoll.Sample), zstd
//	    engine.parquet    a row a scrape of the engine's metrics, where there were any
//	    level.json        stage, what the load saw, hash and rows of both files
//	  result.json         every number, computed from the files above
//	  report.html         the same for people
//	  signatures/         statements over the manifest
//	  manifest.json       size and SHA-256 of every other file but signatures
//
// # What exists
//
// A level is written in a hidden folder beside its place, closed, synced and then
// renamed: it exists if and only if its level.json does, whenever the process was
// killed. result.json and manifest.json are written beside their place, synced and
// renamed too, so neither is ever half there. A folder without a manifest is a
// partial run. The last line of events.jsonl may be torn; it is not read.
//
// # Cost
//
// Rows go through a bounded queue to one encoding goroutine a level and leave
// memory at every row group (32,768 rows), so a level's size does not matter.
// Duplicates are known by one bit a turn. Reading decodes a row group a
// processor, four at most, and holds no more.
//
// # Trust
//
// A folder is untrusted input: readers bound what they take, check a Parquet file
// against the hash in its level.json before decoding it, and never follow a path
// out of the folder. Hashes show that files did not change; that the numbers
// follow from the rows is shown by computing them again.
package bundle
