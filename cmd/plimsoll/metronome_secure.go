package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"plimsoll/sim/metronome"
)

// The files of a secure metronome's certificate, which its client trusts.
const (
	certificateFile = "certificate.pem"
	keyFile         = "key.pem"
)

// writeCertificate makes a certificate of 127.0.0.1 that signs itself, in a folder.
func writeCertificate(folder string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(folder, certificateFile), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}), 0o600),
		os.WriteFile(filepath.Join(folder, keyFile), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600),
	)
}

// secureMetronome is a metronome over TLS, HTTP/1.1 or HTTP/2 as its client likes,
// through net/http: it costs several times what the plain one does.
type secureMetronome struct {
	rate int

	mu  sync.Mutex
	log []metronome.Log
}

// serve answers until the listener closes, then writes the log.
func (m *secureMetronome) serve(l net.Listener, folder string, out io.Writer) error {
	server := &http.Server{Handler: m}
	err := server.ServeTLS(l, filepath.Join(folder, certificateFile), filepath.Join(folder, keyFile))
	_ = server.Close()
	if !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("metronome: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return metronome.WriteLog(out, m.log)
}

// ServeHTTP answers what is served, and requests with a stream.
func (m *secureMetronome) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"object":"list","data":[{"id":"metronome","object":"model","owned_by":"plimsoll simulated"}]}`)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	_, after, _ := bytes.Cut(body[max(0, len(body)-128):], []byte(`"max_tokens":`))
	tokens, _ := strconv.Atoi(string(after[:max(0, bytes.IndexAny(after, ",}"))]))
	w.Header().Set("Content-Type", "text/event-stream")
	if sent, err := m.stream(r.Context(), w, tokens); err == nil {
		sent.ID = r.Header.Get("X-Request-Id")
		m.mu.Lock()
		m.log = append(m.log, sent)
		m.mu.Unlock()
	}
}

// stream sends so many tokens, an interval apart.
func (m *secureMetronome) stream(ctx context.Context, w http.ResponseWriter, tokens int) (sent metronome.Log, err error) {
	const event = `data: {"id":"chatcmpl-0123456789abcdef0123456789abcdef","object":"chat.completion.chunk","created":1764000000,"model":"metronome","choices":[{"index":0,"delta":{"content":" abc"},"finish_reason":%s}]}` + "\n\n"
	one, last := []byte(fmt.Sprintf(event, "null")), []byte(fmt.Sprintf(event, `"length"`)+"data: [DONE]\n\n")
	flush := http.NewResponseController(w)
	if err := flush.Flush(); err != nil {
		return sent, err
	}
	beat := time.NewTicker(time.Second / time.Duration(m.rate))
	defer beat.Stop()
	for ; tokens > 0; tokens-- {
		select {
		case <-ctx.Done():
			return sent, ctx.Err()
		case <-beat.C:
		}
		data := one
		if sent.Last = time.Now().UnixNano(); sent.First == 0 {
			sent.First = sent.Last
		}
		if tokens == 1 {
			data = last
		}
		if _, err := w.Write(data); err != nil {
			return sent, err
		}
		if err := flush.Flush(); err != nil {
			return sent, err
		}
	}
	return sent, nil
}
