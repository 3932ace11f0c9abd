package server

import (
	"context"
	"net"
	"net/http"

	"plimsoll/sim/server/prompt"
)

// maxBody bounds a request's body, bytes.
const maxBody = 64 << 20

// session is what a connection keeps between its requests. It carries one at a time,
// so nothing is locked.
type session struct {
	id     uint64 // for routing; 0 none
	memory prompt.Memory
}

type sessionKey struct{}

// withSession gives a connection its session; net/http calls it once a connection.
func (s *Server) withSession(ctx context.Context, _ net.Conn) context.Context {
	return context.WithValue(ctx, sessionKey{}, &session{id: s.nextSession.Add(1)})
}

// sessionOf returns the connection's session, an empty one where it has none.
func sessionOf(r *http.Request) *session {
	if c, ok := r.Context().Value(sessionKey{}).(*session); ok {
		return c
	}
	return new(session)
}
