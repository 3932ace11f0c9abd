package client

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"plimsoll"
)

// multiplexed is a target spoken to over HTTP/2: the turns of all agents share its
// connections, which net/http keeps. A read's instant is taken when net/http hands
// the bytes over, so it lies after that of the socket read by a goroutine switch; a
// connection that must be made is made after Sent and so belongs to TTFT.
type multiplexed struct {
	transport *http.Transport
	scheme    string
}

// newTransport returns a transport that speaks HTTP/2 alone.
func newTransport(c Config, t *target) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	out := &http.Transport{DialContext: c.Dial, Protocols: protocols, DisableCompression: true, MaxResponseHeaderBytes: maxHead}
	if t.tls != nil {
		out.TLSClientConfig = t.tls.Clone()
		out.TLSClientConfig.NextProtos = nil // net/http names the protocol
	}
	return out
}

func (m *multiplexed) quiet() bool { return true }

func (m *multiplexed) close() {}

// request makes a net/http request of the exchange's slices.
func (m *multiplexed) request(ctx context.Context, x *exchange) (*http.Request, error) {
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(x.slices[0])))
	if err != nil {
		return nil, err
	}
	req = req.WithContext(ctx)
	req.URL.Scheme, req.URL.Host, req.RequestURI = m.scheme, req.Host, ""
	body := append(net.Buffers(nil), x.slices[1:]...)
	req.Body = io.NopCloser(&body)
	return req, nil
}

// talk writes the request and reads the reply.
func (m *multiplexed) talk(ctx context.Context, x *exchange, row *plimsoll.Row) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	req, err := m.request(ctx, x)
	if err != nil {
		return &stepError{"compose", err}
	}
	row.Sent = x.stamp()
	res, err := m.transport.RoundTrip(req)
	if err != nil {
		return &stepError{"write", err}
	}
	defer res.Body.Close()
	x.now = x.stamp()
	r := &x.response
	r.status, r.left, r.state, r.server = res.StatusCode, -1, inBody, res.Header.Get("Server")
	kind, _, _ := strings.Cut(res.Header.Get("Content-Type"), ";")
	r.kind = strings.ToLower(strings.TrimSpace(kind))
	coding := res.Header.Get("Content-Encoding")
	r.coded = coding != "" && !strings.EqualFold(coding, "identity")
	return m.read(ctx, cancel, res.Body, x)
}

// read reads the reply's body to its end.
func (m *multiplexed) read(ctx context.Context, cancel context.CancelCauseFunc, body io.Reader, x *exchange) error {
	buffer := make([]byte, 8<<10)
	silence := time.AfterFunc(time.Hour, func() { cancel(errIdle) })
	defer silence.Stop()
	for {
		if d := x.waits(); d > 0 {
			silence.Reset(d)
		}
		n, err := body.Read(buffer)
		x.now = x.stamp()
		if n > 0 {
			if bad := x.took(buffer[:n]); bad != nil {
				return bad
			}
		}
		if err != nil {
			if context.Cause(ctx) == errIdle {
				err = errIdle
			}
			return x.ended(err)
		}
	}
}
