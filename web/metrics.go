package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics answers with what the events of one run say so far, as Prometheus text.
func (s *Site) metrics(w http.ResponseWriter, r *http.Request) {
	f, err := s.open(r.PathValue("run"))
	if err != nil {
		s.fail(w, http.StatusNotFound, err)
		return
	}
	defer f.close()
	s.exposition(f).ServeHTTP(w, r)
}

// ServeMetrics answers GET /metrics alone, for one run of the folder, until ctx ends.
// Every scrape reads what events.jsonl gained since the last one.
func (s *Site) ServeMetrics(ctx context.Context, l net.Listener, run string) error {
	f, err := s.open(run)
	if err != nil {
		return fmt.Errorf("serve metrics of %s: %w", run, err)
	}
	defer f.close()
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.exposition(f))
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, http.StatusNotFound, errors.New("only /metrics is here; plimsoll serve shows pages"))
	})
	return s.serve(ctx, l, s.guard(loopback(l), mux))
}

// exposition is the handler of one run's metrics, each labelled with the run's name.
func (s *Site) exposition(f *folder) http.Handler {
	registry := prometheus.NewRegistry()
	named := prometheus.WrapRegistererWith(prometheus.Labels{"run": f.name}, registry)
	named.MustRegister(&collector{site: s, follow: follower{run: f}, series: exported()})
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.HTTPErrorOnError})
}

// collector is a Prometheus collector over a run's events. It remembers how far it
// has read and what that said; it keeps no figure of its own.
type collector struct {
	site   *Site
	series []series

	mu     sync.Mutex
	follow follower
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, s := range c.series {
		out <- s.desc()
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.follow.more(); err != nil {
		out <- prometheus.NewInvalidMetric(c.series[0].desc(), err)
		return
	}
	seen := observed{state: &c.follow.state, standing: standing(c.follow.run, &c.follow.state, c.follow.fresh, c.site.now())}
	for _, s := range c.series {
		desc := s.desc()
		s.read(seen, func(value float64, labels ...string) {
			m, err := prometheus.NewConstMetric(desc, s.kind, value, labels...)
			if err != nil {
				m = prometheus.NewInvalidMetric(desc, err)
			}
			out <- m
		})
	}
}
