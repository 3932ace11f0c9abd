package web

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"os"
	"sync"
	"time"

	"plimsoll/bundle"
	"plimsoll/plan"
	"plimsoll/report"
	"plimsoll/result"
)

//go:embed *.html web.css web.js
var files embed.FS

// Config says what is shown to whom.
type Config struct {
	Dir string // folder of run folders
	// Token is asked of every request; "" only on a loopback address.
	Token string
	// Systems are what the planner offers; none: there is no planner.
	Systems []plan.System
	// System makes one of a run of the folder; nil: the planner offers no runs.
	System func(name, source string, r result.Result) (plan.System, error)
}

// Validate names the first field that is wrong.
func (c Config) Validate() error {
	if c.Dir == "" {
		return errors.New("serve: dir is empty; name the folder that holds the run folders")
	}
	if n := len(c.Token); n > 0 && n < 16 {
		return fmt.Errorf("serve: the token has %d characters, want at least 16", n)
	}
	return nil
}

// Site is the pages of one folder. Close it after use.
type Site struct {
	config Config
	root   *os.Root
	pages  *template.Template
	now    func() time.Time

	mu   sync.Mutex
	seen map[string]remembered // by run

	streams chan struct{} // one for each open stream
}

// New opens the folder.
func New(c Config) (*Site, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(c.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("serve: there is no folder %s; plimsoll run makes runs/, or name another with --dir", c.Dir)
	}
	if err != nil {
		return nil, fmt.Errorf("serve: %w", err)
	}
	if _, err := root.Stat(bundle.FactsFile); err == nil {
		root.Close()
		return nil, fmt.Errorf("serve: %s is itself a run folder; give the folder that holds it", c.Dir)
	}
	funcs := report.Funcs()
	funcs["phases"] = func() []string { return []string{"ramp", "settle", "window", "hold"} }
	funcs["verdictFor"] = sealed.verdictFor
	pages, err := template.New("pages").Funcs(funcs).ParseFS(files, "*.html")
	if err == nil {
		pages, err = pages.Parse(report.ChartTemplate())
	}
	if err != nil {
		root.Close()
		return nil, fmt.Errorf("serve: pages: %w", err)
	}
	return &Site{config: c, root: root, pages: pages, now: time.Now, seen: map[string]remembered{}, streams: make(chan struct{}, maxStreams)}, nil
}

// Close closes the folder.
func (s *Site) Close() error { return s.root.Close() }

// handler answers requests for the pages. local says that it listens on loopback
// only, so that only requests for a loopback host are meant for it.
func (s *Site) handler(local bool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.history)
	mux.HandleFunc("GET /runs/{run}/{$}", s.run)
	mux.HandleFunc("GET /runs/{run}/live", s.live)
	mux.HandleFunc("GET /runs/{run}/frames", s.frames)
	mux.HandleFunc("GET /runs/{run}/metrics", s.metrics)
	mux.HandleFunc("GET /compare", s.compare)
	mux.HandleFunc("GET /web.css", asset("text/css; charset=utf-8", func() ([]byte, error) {
		own, err := files.ReadFile("web.css")
		return append([]byte(report.Style()), own...), err
	}))
	mux.HandleFunc("GET /web.js", asset("text/javascript; charset=utf-8", func() ([]byte, error) {
		own, err := files.ReadFile("web.js")
		return append([]byte(report.Script()), own...), err
	}))
	mux.HandleFunc("GET /icon.svg", asset("image/svg+xml", func() ([]byte, error) { return []byte(icon), nil }))
	if len(s.config.Systems) > 0 {
		mux.HandleFunc("GET /plan", s.planner)
		mux.HandleFunc("GET /plan/answer", s.planned)
	}
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, http.StatusNotFound, errors.New("there is no such page"))
	})
	return s.guard(local, mux)
}

const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b5fa5"/><circle cx="16" cy="16" r="8" fill="none" stroke="#fff" stroke-width="2.5"/><path d="M3 16H29" stroke="#fff" stroke-width="2.5"/></svg>`

func asset(kind string, read func() ([]byte, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		data, err := read()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", kind)
		w.Write(data)
	}
}
