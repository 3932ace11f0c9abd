package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// The content security policies: of our own pages, and of self-contained reports,
// which may hold what somebody else wrote and so run in a sandbox, with no script
// but the one that every report holds (its hash follows).
const (
	ownPolicy    = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	reportPolicy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox allow-scripts; script-src "
)

// guard refuses what is not a read by somebody who may.
func (s *Site) guard(local bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", ownPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			h.Set("Allow", "GET, HEAD")
			s.fail(w, http.StatusMethodNotAllowed, errors.New("these pages are read-only"))
		case local && s.config.Token == "" && !loopbackHost(r.Host):
			s.fail(w, http.StatusMisdirectedRequest, errors.New("the Host header names no loopback address; open the address that plimsoll serve printed"))
		case !sameOrigin(r):
			s.fail(w, http.StatusForbidden, errors.New("the request comes from another site"))
		case !s.permitted(r):
			h.Set("WWW-Authenticate", `Basic realm="plimsoll", charset="UTF-8"`)
			s.fail(w, http.StatusUnauthorized, errors.New("the token is missing or wrong; give it as the password, with any name"))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// loopbackHost reports whether a Host header names this machine to itself. The
// port may be another one, as through an SSH tunnel.
func loopbackHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// sameOrigin reports whether a request, if it says where it comes from, comes from
// our own pages or from the address bar. Following a link to us is allowed.
func sameOrigin(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" {
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || !strings.EqualFold(u.Host, r.Host) {
			return false
		}
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "cross-site", "same-site":
		return r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
	}
	return true
}

// permitted compares the token in a time that says nothing of it.
func (s *Site) permitted(r *http.Request) bool {
	if s.config.Token == "" {
		return true
	}
	_, given, _ := r.BasicAuth()
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		given = bearer
	}
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(s.config.Token))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}
