package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"time"

	"plimsoll"
	"plimsoll/report"
)

// frameEvery is how often a stream looks for news; streams is how many there may
// be at once.
const (
	frameEvery = 700 * time.Millisecond
	stillEvery = 15 * time.Second // a comment, so that both ends know of each other
	maxStreams = 64
)

// livePage is what live.html shows: the frame's parts, each an element that later
// frames fill anew.
type livePage struct {
	Title, Name string
	Planner     bool
	Facts       *plimsoll.Facts
	Parts       map[string]template.HTML
	Over        bool
}

// view is what the templates of the parts show.
type view struct {
	Name     string
	S        *state
	Standing string
	Fresh    time.Time
	Gauges   []gaugeView
	Tiers    []tierView
	Curve    []report.Chart
	News     []news // newest first
	HasPage  bool   // there is a report
}

type gaugeView struct {
	report.Chart
	Says string
}

type tierView struct {
	Name   string
	Charts []report.Chart
}

// parts are the elements of the live view, in order.
var parts = [...]string{"now", "gauges", "levels", "search", "news"}

func (s *Site) live(w http.ResponseWriter, r *http.Request) {
	f, err := s.open(r.PathValue("run"))
	if err != nil {
		s.fail(w, http.StatusNotFound, err)
		return
	}
	defer f.close()
	s.livePage(w, f)
}

func (s *Site) livePage(w http.ResponseWriter, f *folder) {
	follow := follower{run: f}
	if _, err := follow.more(); err != nil {
		s.fail(w, http.StatusInternalServerError, err)
		return
	}
	frame, over, err := s.frame(&follow)
	if err != nil {
		s.fail(w, http.StatusInternalServerError, err)
		return
	}
	page := livePage{Title: f.name, Name: f.name, Planner: len(s.config.Systems) > 0, Facts: follow.state.Facts, Parts: map[string]template.HTML{}, Over: over}
	if facts, err := f.facts(); err == nil && page.Facts == nil {
		page.Facts = &facts
	}
	for name, text := range frame {
		page.Parts[name] = template.HTML(text) // html/template made it
	}
	s.show(w, http.StatusOK, "live", page)
}

// frame renders the parts; over says that nothing will change any more.
func (s *Site) frame(f *follower) (parted map[string]string, over bool, err error) {
	if f.state.Facts == nil { // no event yet
		if facts, err := f.run.facts(); err == nil {
			f.state.Facts = &facts
		}
	}
	v := view{Name: f.run.name, S: &f.state, Fresh: f.fresh, Standing: standing(f.run, &f.state, f.fresh, s.now()), News: slices.Clone(f.state.News)}
	slices.Reverse(v.News)
	for _, g := range f.state.gauges() {
		v.Gauges = append(v.Gauges, gaugeView{g.Chart(), g.Says()})
	}
	if c, ok := report.LevelChart(f.state.traced()); ok {
		v.Curve = append(v.Curve, c)
	}
	r := f.state.searched()
	for i, t := range r.Tiers {
		v.Tiers = append(v.Tiers, tierView{t.Name, report.SearchCharts(r, i)})
	}
	_, missing := f.run.result()
	v.HasPage = missing == nil
	out := map[string]string{}
	for _, name := range parts {
		var b bytes.Buffer
		if err := s.pages.ExecuteTemplate(&b, "part-"+name, v); err != nil {
			return nil, false, fmt.Errorf("live view: %s: %w", name, err)
		}
		out[name] = b.String()
	}
	return out, v.Standing == "finished", nil
}

// frames streams the live view. Each frame is complete, so that a reader who comes
// back needs nothing of what it missed. The stream ends with the run, with its
// reader or with the server.
func (s *Site) frames(w http.ResponseWriter, r *http.Request) {
	f, err := s.open(r.PathValue("run"))
	if err != nil {
		s.fail(w, http.StatusNotFound, err)
		return
	}
	defer f.close()
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		w.Header().Set("Retry-After", "10")
		s.fail(w, http.StatusServiceUnavailable, fmt.Errorf("%d live views are open, which is all there may be", maxStreams))
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	s.stream(w, r, &follower{run: f})
}

func (s *Site) stream(w http.ResponseWriter, r *http.Request, follow *follower) {
	out := http.NewResponseController(w)
	ticker := time.NewTicker(frameEvery)
	defer ticker.Stop()
	last, sent := "", s.now()
	for {
		if _, err := follow.more(); err != nil {
			fmt.Fprintf(w, "event: failure\ndata: %s\n\n", oneLine(err.Error()))
			return
		}
		frame, over, err := s.frame(follow)
		if err != nil {
			fmt.Fprintf(w, "event: failure\ndata: %s\n\n", oneLine(err.Error()))
			return
		}
		data, err := json.Marshal(frame) // one line: JSON escapes line ends
		if err != nil {
			return
		}
		switch text := string(data); {
		case text != last:
			fmt.Fprintf(w, "data: %s\n\n", text)
			last, sent = text, s.now()
		case s.now().Sub(sent) > stillEvery:
			fmt.Fprint(w, ": still here\n\n")
			sent = s.now()
		}
		if over {
			fmt.Fprint(w, "event: over\ndata: {}\n\n")
		}
		if out.SetWriteDeadline(s.now().Add(10*time.Second)) != nil || out.Flush() != nil || over {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-ticker.C:
		}
	}
}

// oneLine writes text as a JSON string, which has no line ends.
func oneLine(s string) string {
	data, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(data)
}
