package client

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sort"
	"strings"
	"unicode"

	"plimsoll"
)

// maxInfo bounds the body of an information request, in bytes; maxDetails what is kept
// of it all.
const (
	maxInfo    = 4 << 20
	maxDetails = 256
)

// Identify asks the engine what it is: /v1/models, /version, /get_server_info
// (SGLang), /props (llama.cpp), the cache's configuration in /metrics and the Server
// header of the first URL, and the same four pages of the others, under their number. It fails only if the first does not answer.
func (c *Client) Identify(ctx context.Context) (plimsoll.Identity, error) {
	id := plimsoll.Identity{Details: map[string]string{}}
	probe, err := c.get(ctx, "/models", true)
	if err != nil {
		return id, err
	}
	id.Server = probe.server
	if served := servedModels(probe.body); probe.status == http.StatusOK && len(served) > 0 {
		for _, m := range served {
			if m.ID == c.config.Model {
				id.Model = m.ID
				detail(id.Details, "models.root", m.Root)
				detail(id.Details, "models.owned_by", m.OwnedBy)
				if n := m.context(); n > 0 {
					id.Details["models.context"] = fmt.Sprint(n)
				}
			}
		}
	}
	for i, t := range c.targets {
		for _, path := range []string{"/version", "/get_server_info", "/props", "/metrics"} {
			p, err := c.ask(ctx, http.MethodGet, t, path, false)
			if err != nil || p.status != http.StatusOK {
				continue
			}
			number := ""
			if i > 0 {
				number = fmt.Sprintf("url%d.", i+1)
			}
			if path == "/metrics" {
				cacheConfig(id.Details, number+"cache_config", p.body)
				continue
			}
			flatten(id.Details, number+strings.TrimPrefix(path, "/"), p.body)
		}
	}
	for _, name := range []string{"version.version", "get_server_info.version", "props.build_info"} {
		if id.Version == "" {
			id.Version = id.Details[name]
		}
	}
	return id, nil
}

func detail(into map[string]string, name, value string) {
	if value != "" {
		into[name] = cut(value)
	}
}

// info is the answer to an information request.
type info struct {
	status int
	server string
	body   []byte
}

// get asks for a page of the engine: below the base URL, or beside it (without
// /v1). It goes through net/http, since no clock depends on it; redirects are not
// followed.
func (c *Client) get(ctx context.Context, path string, below bool) (info, error) {
	return c.ask(ctx, http.MethodGet, c.targets[0], path, below)
}

// ask is get with any method, of any of the engine's URLs.
func (c *Client) ask(ctx context.Context, method string, t *target, path string, below bool) (info, error) {
	base := t.path
	if !below {
		base = strings.TrimSuffix(base, "/v1")
	}
	req, err := http.NewRequestWithContext(ctx, method, t.scheme()+"://"+t.host+base+path, nil)
	if err != nil {
		return info{}, fmt.Errorf("ask %s%s: %w", t.safe, path, err)
	}
	for _, h := range c.config.headers() {
		req.Header.Set(h.Name, h.Value.reveal())
	}
	transport := t.web
	if transport == nil {
		transport = &http.Transport{DialContext: c.config.Dial, TLSClientConfig: t.tls, DisableKeepAlives: true, DisableCompression: true}
		defer transport.CloseIdleConnections()
	}
	web := http.Client{Transport: transport, Timeout: c.config.Connect, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := web.Do(req)
	var untrusted *tls.CertificateVerificationError
	if errors.As(err, &untrusted) {
		return info{}, fmt.Errorf("%s has a certificate that is not trusted (%s): name a PEM file that holds its authority with --ca-file", t.safe, cut(untrusted.Err.Error()))
	}
	if err != nil {
		hint := "start the engine or mend the URL"
		if proxy := (*proxyError)(nil); errors.As(err, &proxy) {
			hint = "start the proxy or mend its address"
		} else if dial := (*net.OpError)(nil); t.web != nil && !errors.As(err, &dial) {
			hint = "if it speaks no HTTP/2, leave --http2 out"
		}
		return info{}, fmt.Errorf("%s does not answer (%s): %s", t.safe, short(err), hint)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxInfo))
	if err != nil {
		return info{}, fmt.Errorf("%s%s breaks off: %s", t.safe, path, short(err))
	}
	return info{res.StatusCode, res.Header.Get("Server"), body}, nil
}

// servedModel is a model of /v1/models.
type servedModel struct {
	ID      string `json:"id"`
	Root    string `json:"root"`
	OwnedBy string `json:"owned_by"`
	MaxLen  int    `json:"max_model_len"` // vLLM, SGLang
	Meta    struct {
		Context int `json:"n_ctx"` // llama.cpp, of one slot
	} `json:"meta"`
}

// context returns how many tokens a request may have, 0 where the engine says
// nothing.
func (m servedModel) context() int {
	if m.MaxLen > 0 {
		return m.MaxLen
	}
	return m.Meta.Context
}

func servedModels(body []byte) []servedModel {
	var list struct {
		Data []servedModel `json:"data"`
	}
	if json.Unmarshal(body, &list) != nil {
		return nil
	}
	sort.Slice(list.Data, func(i, j int) bool { return list.Data[i].ID < list.Data[j].ID })
	return list.Data
}

// unfit reports whether a member is no part of an identity: it changes while an
// engine serves, or it may be a secret.
func unfit(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{"internal_states", "uptime", "timestamp", "start_time", "last_", "running", "waiting", "sleeping", "slots", "throughput",
		"default_generation_settings", "key", "secret", "password", "credential", "auth", "cookie"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return name == "load" || slices.ContainsFunc(words, func(w string) bool { return strings.HasSuffix(w, "token") })
}

// flatten puts the scalars of a JSON object into the map under dotted names.
func flatten(into map[string]string, prefix string, body []byte) {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return
	}
	for name, raw := range members {
		full := prefix + "." + name
		if unfit(name) || len(into) >= maxDetails || len(raw) == 0 {
			continue
		}
		switch raw[0] {
		case '{':
			flatten(into, full, raw)
		case '"':
			var text string
			if json.Unmarshal(raw, &text) == nil && len(text) <= 200 {
				detail(into, full, text)
			}
		case '[':
		default:
			if string(raw) != "null" {
				into[full] = string(raw)
			}
		}
	}
}
