package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"plimsoll/report"
)

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) {
		if name == "Host" {
			r.Host = value
			return
		}
		r.Header.Set(name, value)
	}
}

func TestGuard(t *testing.T) {
	for name, c := range map[string]struct {
		headers [][2]string
		want    int
	}{
		"the address bar":             {nil, 200},
		"localhost":                   {[][2]string{{"Host", "localhost:7777"}}, 200},
		"IPv6":                        {[][2]string{{"Host", "[::1]:7777"}}, 200},
		"a tunnel's port":             {[][2]string{{"Host", "127.0.0.1:9"}}, 200},
		"a rebound name":              {[][2]string{{"Host", "evil.example:7777"}}, 421},
		"a name that begins well":     {[][2]string{{"Host", "127.0.0.1.evil.example"}}, 421},
		"no host":                     {[][2]string{{"Host", ""}}, 421},
		"our own script":              {[][2]string{{"Origin", "http://127.0.0.1:7777"}, {"Sec-Fetch-Site", "same-origin"}}, 200},
		"another site's script":       {[][2]string{{"Origin", "https://evil.example"}}, 403},
		"another port's script":       {[][2]string{{"Origin", "http://127.0.0.1:8000"}}, 403},
		"an opaque origin":            {[][2]string{{"Origin", "null"}}, 403},
		"another site's image":        {[][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Mode", "no-cors"}, {"Sec-Fetch-Dest", "image"}}, 403},
		"a followed link":             {[][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Mode", "navigate"}, {"Sec-Fetch-Dest", "document"}}, 200},
		"a frame on another site":     {[][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Mode", "navigate"}, {"Sec-Fetch-Dest", "iframe"}}, 403},
		"another port's event stream": {[][2]string{{"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Mode", "cors"}, {"Sec-Fetch-Dest", "empty"}}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			h := site(t, Config{Dir: t.TempDir()}).handler(true)
			var changes []func(*http.Request)
			for _, kv := range c.headers {
				changes = append(changes, header(kv[0], kv[1]))
			}
			if code, _, _ := get(t, h, "/", changes...); code != c.want {
				t.Errorf("status %d, want %d", code, c.want)
			}
		})
	}
}

func TestReadOnly(t *testing.T) {
	runs := t.TempDir()
	finish(t, begin(t, runs, "one", "example", began), 8)
	h := site(t, Config{Dir: runs}).handler(true)
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE", "PROPFIND"} {
		r := httptest.NewRequest(method, "/runs/one/", nil)
		r.Host = "localhost"
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: status %d, Allow %q", method, w.Code, w.Header().Get("Allow"))
		}
	}
	if code, _, _ := get(t, h, "/runs/one/", func(r *http.Request) { r.Method = http.MethodHead }); code != http.StatusOK {
		t.Errorf("HEAD: status %d", code)
	}
}

func TestToken(t *testing.T) {
	const token = "correct horse battery"
	s := site(t, Config{Dir: t.TempDir(), Token: token})
	basic := func(password string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth("anybody", password) }
	}
	for name, c := range map[string]struct {
		change func(*http.Request)
		want   int
	}{
		"none":          {func(*http.Request) {}, 401},
		"wrong":         {basic("wrong"), 401},
		"longer":        {basic(token + "x"), 401},
		"right":         {basic(token), 200},
		"bearer":        {header("Authorization", "Bearer "+token), 200},
		"in the target": {func(r *http.Request) { r.URL.RawQuery = "token=" + token }, 401},
	} {
		code, page, h := get(t, s.handler(false), "/", header("Host", "measure.example:7777"), c.change)
		if code != c.want {
			t.Errorf("%s: status %d, want %d", name, code, c.want)
		}
		if strings.Contains(page, token) {
			t.Errorf("%s: the page shows the token", name)
		}
		if code == 401 && !strings.HasPrefix(h.Get("WWW-Authenticate"), "Basic ") {
			t.Errorf("%s: the browser is not told to ask", name)
		}
	}
	if _, err := New(Config{Dir: t.TempDir(), Token: "short"}); err == nil || strings.Contains(err.Error(), "short,") {
		t.Errorf("a short token: %v", err)
	}
}

// TestPolicies checks that no page may run inline script, load from elsewhere or
// be framed, and that what a folder brings along runs in a sandbox.
func TestPolicies(t *testing.T) {
	runs := t.TempDir()
	finish(t, begin(t, runs, "one", "example", began), 8)
	finish(t, begin(t, runs, "two", "example", began), 8)
	add(t, begin(t, runs, "now", "example", began), begins(1, 8))
	h := site(t, Config{Dir: runs}).handler(true)
	for path, sandboxed := range map[string]bool{"/": false, "/runs/now/": false, "/runs/one/live": false, "/nowhere": false, "/runs/one/": true, "/compare?run=one&run=two": true} {
		_, page, head := get(t, h, path)
		policy := head.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: policy %q lacks %s", path, policy, want)
			}
		}
		if got := strings.Contains(policy, "; sandbox allow-scripts;"); got != sandboxed {
			t.Errorf("%s: sandboxed %t, want %t", path, got, sandboxed)
		}
		if sandboxed && !strings.HasSuffix(policy, "; script-src "+report.ScriptPolicy()) || strings.Contains(policy, "unsafe-eval") || !sandboxed && strings.Contains(policy, "unsafe-inline") {
			t.Errorf("%s: policy %q lets script or style in", path, policy)
		}
		if head.Get("X-Content-Type-Options") != "nosniff" || head.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: headers %v", path, head)
		}
		if !sandboxed && (strings.Contains(page, "<style") || strings.Contains(page, "style=") || strings.Contains(page, "onclick") || strings.Count(page, "<script") != 1) {
			t.Errorf("%s holds inline style or script", path)
		}
	}
}
