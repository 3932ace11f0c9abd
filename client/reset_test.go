package client

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestResetCache(t *testing.T) {
	for _, path := range []string{"/reset_prefix_cache", "/flush_cache", ""} {
		calls := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodPost || r.URL.Path != path {
				http.NotFound(w, r)
				return
			}
			calls++
		}))
		c := newTestClient(t, server.URL, nil)
		got, err := c.ResetCache(context.Background())
		if err != nil || got != path || (path != "") != (calls == 1) {
			t.Errorf("endpoint %q: got %q after %d calls, %v", path, got, calls, err)
		}
		server.Close()
	}
}
