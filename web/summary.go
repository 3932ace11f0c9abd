package web

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"plimsoll/bundle"
	"plimsoll/result"
)

// summary is a line of the history.
type summary struct {
	Name     string
	Started  time.Time
	Model    string
	Engine   string // what serves it, or its URL
	Tags     []string
	Preset   string
	Method   string
	Standing string // finished, ended, running, silent, damaged
	Says     string // where it stands, in words
	Partial  bool
	Result   *result.Result // nil there is none yet
}

// remembered is a summary and the state of the files that it was made from.
type remembered struct {
	key     string
	summary summary
}

func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// history reads all runs of the folder, newest first. A folder that cannot be read
// is a line that says so.
func (s *Site) summaries() ([]summary, error) {
	dir, err := s.root.Open(".")
	if err != nil {
		return nil, fmt.Errorf("serve: %w", err)
	}
	entries, err := dir.ReadDir(-1)
	dir.Close()
	if err != nil {
		return nil, fmt.Errorf("serve: %w", err)
	}
	var out []summary
	for _, entry := range entries {
		f, err := s.open(entry.Name())
		if err != nil {
			continue // no run folder
		}
		out = append(out, s.summary(f))
		f.close()
	}
	slices.SortFunc(out, func(a, b summary) int {
		if c := b.Started.Compare(a.Started); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	return out, nil
}

// summary returns the line of a run, read anew only if its files changed.
func (s *Site) summary(f *folder) summary {
	key := ""
	for _, name := range []string{bundle.FactsFile, bundle.ResultFile, bundle.ManifestFile, bundle.EventsFile} {
		if info, err := f.stat(name); err == nil {
			key += fmt.Sprintf("%s %d %d\n", name, info.Size(), info.ModTime().UnixNano())
		}
	}
	s.mu.Lock()
	known := s.seen[f.name]
	s.mu.Unlock()
	if known.key == key && (known.summary.Standing == "finished" || known.summary.Standing == "damaged") {
		return known.summary
	}
	made := summarise(f, s.now())
	s.mu.Lock()
	s.seen[f.name] = remembered{key, made}
	s.mu.Unlock()
	return made
}

func summarise(f *folder, now time.Time) summary {
	out := summary{Name: f.name, Standing: "damaged"}
	facts, err := f.facts()
	if err != nil {
		out.Says = err.Error()
		return out
	}
	out.Started, out.Model, out.Preset, out.Method = facts.Started, facts.Engine.Model, facts.Preset, facts.Method
	out.Engine = strings.TrimSpace(facts.Engine.Identity.Server + " " + facts.Engine.Identity.Version)
	if out.Engine == "" {
		out.Engine = facts.Engine.URL
	}
	if facts.Engine.Simulated {
		out.Tags = append(out.Tags, "simulated")
	}
	if r, err := f.result(); err == nil {
		r.Levels = nil // the history shows none; a result may hold thousands
		out.Result, out.Partial = &r, r.Partial
	} else if !missing(err) {
		out.Says = err.Error()
		return out
	}
	follow := follower{run: f}
	if _, err := f.stat(bundle.ManifestFile); err != nil {
		if _, err := follow.more(); err != nil {
			out.Says = err.Error()
			return out
		}
	}
	if follow.fresh.IsZero() { // it has said nothing yet
		follow.fresh = facts.Started
	}
	out.Standing = standing(f, &follow.state, follow.fresh, now)
	out.Says = out.Standing
	switch st := &follow.state; {
	case out.Standing == "running" && st.Stage != nil:
		out.Says = "running: " + strings.TrimSuffix(levelName(*st.Stage), ",")
	case out.Standing == "silent":
		out.Partial = true
		out.Says = "cut off? No event since " + follow.fresh.UTC().Format("2 Jan, 15:04 UTC")
	case out.Partial:
		out.Says = "ended early"
	}
	return out
}
