package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"plimsoll/sim"
)

// Server is one live simulated engine. Its handler answers only while Drive runs.
type Server struct {
	cfg          Config
	model        string
	profile      string          // its name
	accelerators int             // that its engines take
	context      int             // longest prompt and output together, tokens
	block        int             // tokens a KV block
	engine       *sim.Deployment // owned by Drive
	latest       time.Duration   // arrival told to the core, owned by Drive
	asks         chan ask
	ended        chan struct{} // closed when Drive returns
	started      time.Time     // instant 0 of the core
	nextID       atomic.Uint64
	nextSession  atomic.Uint64 // of connections
}

// New returns a server that is not driven yet.
func New(cfg Config) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	names, core, err := cfg.engine()
	if err != nil {
		return nil, err
	}
	engine, err := sim.NewDeployment(core)
	if err != nil {
		return nil, err
	}
	return &Server{
		cfg: cfg, model: names.ModelName, profile: names.Name, accelerators: names.Accelerators(), context: shortest(core),
		block: engine.BlockTokens(), engine: engine, asks: make(chan ask, 256), ended: make(chan struct{}), started: time.Now(),
	}, nil
}

// shortest returns the context that every engine of the deployment holds.
func shortest(c sim.DeploymentConfig) int {
	n := c.Serve[0].MaxContext
	for _, stage := range [][]sim.Config{c.Serve, c.Decode} {
		for _, e := range stage {
			n = min(n, e.MaxContext)
		}
	}
	return n
}

// Run serves an engine until ctx ends. ready is called once with the base URL,
// http://HOST:PORT/v1, when it listens. A cancelled context is no error.
func Run(ctx context.Context, cfg Config, ready func(url string)) error {
	s, err := New(cfg)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.cfg.Addr)
	if err != nil {
		return fmt.Errorf("engine: %w; choose another address", err)
	}
	ready("http://" + listener.Addr().String() + "/v1")
	return s.serve(ctx, listener)
}

// Handler returns the engine's routes.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/chat/completions", s.authorised(s.chat))
	mux.HandleFunc("GET /v1/models", s.authorised(s.models))
	mux.HandleFunc("GET /version", s.version)
	mux.HandleFunc("GET /health", s.health)
	mux.HandleFunc("GET /metrics", s.metrics)
	mux.HandleFunc("GET /dcgm/metrics", s.dcgm)
	mux.HandleFunc("POST /reset_prefix_cache", s.resetCache)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, &apiError{Status: http.StatusNotFound, Code: "not_found", Message: "no route " + r.Method + " " + r.URL.Path})
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "plimsoll-engine (simulated)")
		mux.ServeHTTP(w, r)
	})
}

func (s *Server) authorised(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.cfg.APIKey != "" && r.Header.Get("Authorization") != "Bearer "+s.cfg.APIKey {
			refuse(w, &apiError{Status: http.StatusUnauthorized, Code: "invalid_api_key", Message: "the API key is missing or wrong; send Authorization: Bearer KEY"})
			return
		}
		next(w, r)
	}
}

func (s *Server) models(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, modelList{Object: "list", Data: []model{{
		ID: s.model, Object: "model", Created: s.started.Unix(), OwnedBy: "plimsoll", MaxModelLen: s.context,
	}}})
}

type modelList struct {
	Object string  `json:"object"`
	Data   []model `json:"data"`
}

type model struct {
	ID          string `json:"id"`
	Object      string `json:"object"`
	Created     int64  `json:"created"`
	OwnedBy     string `json:"owned_by"`
	MaxModelLen int    `json:"max_model_len"`
}

func (s *Server) version(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, struct {
		Version   string `json:"version"`
		Simulated bool   `json:"simulated"`
		Profile   string `json:"profile"`
	}{s.cfg.Version, true, s.profile})
}

func (s *Server) health(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }

func (s *Server) resetCache(w http.ResponseWriter, r *http.Request) {
	if _, err := s.ask(r.Context(), ask{reset: true}); err != nil {
		refuse(w, &apiError{Status: http.StatusServiceUnavailable, Code: "stopped", Message: err.Error()})
		return
	}
	w.WriteHeader(http.StatusOK)
}

var errStopped = errors.New("the engine is stopped")
