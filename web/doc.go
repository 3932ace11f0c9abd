// Package web shows run folders in a browser: the history of all runs under one
// folder, a finished run's report, a run in progress as it goes, comparisons, and
// the planner with published results. It is what plimsoll serve runs.
//
//	/                     history: filter, sort, tick two and compare
//	/runs/NAME/           the report of a finished run, the live view of another
//	/runs/NAME/live       the live view, and how a finished run went
//	/runs/NAME/frames     the live view as server-sent events
//	/compare?run=A&run=B  runs (and published=NAME) side by side
//	/plan                 the planner's form, published results and runs, /plan/answer its page
//
// It reads run folders and their events.jsonl and nothing else: it drives nothing,
// writes nothing and knows of no run but by its folder.
//
// # Trust
//
// A run folder is untrusted input. Files are opened through an os.Root, so that no
// name and no symbolic link leads out of the folder; sizes are bounded; text is
// escaped by html/template; a report from a folder is served in a sandbox in which
// no script runs but the one that every report holds. Only GET and HEAD are answered. On a loopback address the Host header
// must name loopback, against DNS rebinding; a request with a foreign Origin is
// refused; any other address needs a token, sent as the password of HTTP Basic
// authentication. Pages load nothing from elsewhere and hold no inline script.
package web
