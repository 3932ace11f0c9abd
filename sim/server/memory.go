package server

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
)

// memory is what a connection remembers of its last request.
type memory struct {
	tools []byte
}

type memoryKey struct{}

// withMemory gives a connection its memory; net/http calls it once a connection.
func withMemory(ctx context.Context, _ net.Conn) context.Context {
	return context.WithValue(ctx, memoryKey{}, new(memory))
}

func memoryOf(r *http.Request) *memory {
	if m, ok := r.Context().Value(memoryKey{}).(*memory); ok {
		return m
	}
	return new(memory)
}

// scan reads and scans a request's body.
func (m *memory) scan(r *http.Request, blockTokens int) (*body, error) {
	buf := make([]byte, max(0, r.ContentLength)+512)
	n, err := readAll(http.MaxBytesReader(nil, r.Body, maxBody), &buf)
	if err != nil {
		return nil, fmt.Errorf("reading the body: %w", err)
	}
	b, err := scanBody(buf[:n], blockTokens, m.tools)
	if err == nil {
		m.tools = b.tools
	}
	return b, err
}

// readAll fills buf, growing it as needed, until the reader ends.
func readAll(r io.Reader, buf *[]byte) (n int, err error) {
	for err == nil {
		if n == len(*buf) {
			*buf = append(*buf, make([]byte, n+512)...)
		}
		var m int
		m, err = r.Read((*buf)[n:])
		n += m
	}
	if err == io.EOF {
		err = nil
	}
	return n, err
}
