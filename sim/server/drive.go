package server

import (
	"context"
	"net"
	"net/http"
	"time"

	"plimsoll/sim"
)

// Goroutines of a live engine, all ended when Run returns:
//
//	goroutine   owner   begins          ends
//	driver      serve   with serve      ctx ends, or the listener breaks
//	stopper     serve   with serve      with the driver's context
//	handlers    net/http, one a connection; a streaming one waits on its reply's
//	            mailbox and ends with the reply, its client or the driver

// serve answers on the listener until ctx ends.
func (s *Server) serve(ctx context.Context, listener net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	web := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: 30 * time.Second, ConnContext: s.withSession}
	driven := make(chan struct{})
	go func() { defer close(driven); s.Drive(ctx) }()
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		stopped <- web.Close()
	}()
	err := web.Serve(listener)
	interrupted := ctx.Err() != nil
	cancel()
	<-driven
	closing := <-stopped
	if interrupted {
		return closing
	}
	return err
}

// ask is a message to the driver.
type ask struct {
	submit *reply        // with request
	req    sim.Request   //
	at     time.Duration // arrival
	cancel uint64        // request to drop, 0 none
	reset  bool
	answer chan<- answer // set by Server.ask
}

// answer is the engine's state when the driver took the ask.
type answer struct {
	stats  sim.Stats
	watts  float64
	joules float64
}

// ask sends a message and waits for the driver's answer.
func (s *Server) ask(ctx context.Context, a ask) (answer, error) {
	back := make(chan answer, 1)
	a.answer = back
	if err := s.tell(ctx, a); err != nil {
		return answer{}, err
	}
	select {
	case got := <-back:
		return got, nil
	case <-ctx.Done():
		return answer{}, ctx.Err()
	case <-s.ended:
		return answer{}, errStopped
	}
}

// tell sends a message without waiting for an answer.
func (s *Server) tell(ctx context.Context, a ask) error {
	select {
	case s.asks <- a:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.ended:
		return errStopped
	}
}

// Drive runs the core by the wall clock until ctx ends. It must be called once.
// A step under way is never shortened by an arrival, so the driver sleeps to its
// end and takes what came meanwhile then, each with its own instant.
func (s *Server) Drive(ctx context.Context) {
	defer close(s.ended)
	replies := make(map[uint64]*reply)
	for ctx.Err() == nil {
		end, busy := s.engine.Next()
		if !busy {
			select {
			case a := <-s.asks:
				s.take(a, replies)
			case <-ctx.Done():
			}
			continue
		}
		sleepUntil(s.started.Add(time.Duration(float64(end) / s.cfg.TimeScale)))
		for more := true; more; {
			select {
			case a := <-s.asks:
				s.take(a, replies)
			default:
				more = false
			}
		}
		s.engine.Advance(s.now(), func(e sim.Emission) {
			replies[e.ID].put(e)
			if e.Done {
				delete(replies, e.ID)
			}
		})
	}
	for _, r := range replies {
		r.fail(errStopped)
	}
}

// now is the core's instant.
func (s *Server) now() time.Duration {
	return time.Duration(float64(time.Since(s.started)) * s.cfg.TimeScale)
}

// take does what a message asks. Arrivals of different handlers may come in a
// slightly wrong order: the core is told the later instant.
func (s *Server) take(a ask, replies map[uint64]*reply) {
	switch {
	case a.submit != nil:
		s.latest = max(s.latest, a.at)
		if err := s.engine.Submit(s.latest, a.req); err != nil {
			a.submit.fail(err)
		} else {
			replies[a.req.ID] = a.submit
		}
	case a.cancel != 0:
		s.engine.Cancel(s.now(), a.cancel)
		delete(replies, a.cancel)
	case a.reset:
		s.engine.ResetCache()
	}
	if a.answer != nil {
		watts, joules := s.engine.Draw(s.now())
		a.answer <- answer{stats: s.engine.Stats(), watts: watts, joules: joules}
	}
}
