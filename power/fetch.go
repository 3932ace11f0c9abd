package power

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
)

// fetcher reads documents over HTTP. It has no method but get, so that a meter
// cannot change anything at the other end.
type fetcher struct {
	client   *http.Client
	user     string
	password string
	token    string
}

// maxDocument caps a source's answer in bytes.
const maxDocument = 16 << 20

// newFetcher reads TLS settings and credentials, by name, from the spec.
func newFetcher(j job) (*fetcher, error) {
	f := &fetcher{}
	var err error
	if f.user, err = j.credential("user"); err != nil {
		return nil, err
	}
	if f.password, err = j.credential("password"); err != nil {
		return nil, err
	}
	if f.token, err = j.credential("token"); err != nil {
		return nil, err
	}
	u, err := url.Parse(j.target.base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, j.fail("the target is not an http or https address", "for example "+j.spec.Kind+":http://127.0.0.1:9400/metrics", nil)
	}
	if f.token+f.password != "" && u.Scheme == "http" && !loopback(u.Hostname()) {
		return nil, j.fail("credentials would cross the network in the clear", "use https, with ca_file=PATH or pin=SHA256 for a certificate of its own", nil)
	}
	settings, err := j.tls()
	if err != nil {
		return nil, err
	}
	f.client = &http.Client{
		Transport: &http.Transport{TLSClientConfig: settings, MaxIdleConnsPerHost: 1, MaxConnsPerHost: 2},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if r.URL.Host != via[0].URL.Host || len(via) > 3 {
				return errors.New("redirected to another host")
			}
			return nil
		},
	}
	return f, nil
}

// get reads one document of at most maxDocument bytes.
func (f *fetcher) get(ctx context.Context, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	switch {
	case f.token != "":
		req.Header.Set("Authorization", "Bearer "+f.token)
	case f.user+f.password != "":
		req.SetBasicAuth(f.user, f.password)
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxDocument+1))
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, &statusError{code: resp.StatusCode, path: req.URL.Path}
	}
	if len(body) > maxDocument {
		return nil, fmt.Errorf("answer is over %d MiB", maxDocument>>20)
	}
	return body, nil
}

func (f *fetcher) close() error {
	f.client.CloseIdleConnections()
	return nil
}

// statusError is an HTTP answer other than 200.
type statusError struct {
	code int
	path string
}

func (e *statusError) Error() string {
	return fmt.Sprintf("HTTP status %d for %s", e.code, e.path)
}

// credential reads a secret that the spec names: NAME_env=VARIABLE or
// NAME_file=PATH.
func (j job) credential(name string) (string, error) {
	if variable := j.target.params.Get(name + "_env"); variable != "" {
		v := j.cfg.Getenv(variable)
		if v == "" {
			return "", j.fail("environment variable "+variable+" is empty", "export it, or name a file with "+name+"_file=PATH", nil)
		}
		return v, nil
	}
	path := j.target.params.Get(name + "_file")
	if path == "" {
		return "", nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", j.fail("cannot read "+name+"_file", "give a file that this user may read", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// tls reads ca_file=, pin= and insecure= from the spec.
func (j job) tls() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if path := j.target.params.Get("ca_file"); path != "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, j.fail("cannot read ca_file", "give a PEM file", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(text) {
			return nil, j.fail("ca_file holds no certificate", "give a PEM file", nil)
		}
	}
	pin := strings.ToLower(strings.ReplaceAll(j.target.params.Get("pin"), ":", ""))
	if pin == "" {
		c.InsecureSkipVerify = j.target.params.Get("insecure") == "1"
		return c, nil
	}
	if raw, err := hex.DecodeString(pin); err != nil || len(raw) != sha256.Size {
		return nil, j.fail("pin is not a SHA-256 fingerprint", "64 hex digits, as openssl x509 -fingerprint -sha256 prints them", nil)
	}
	// The pinned fingerprint replaces the chain: a BMC signs its own certificate.
	c.InsecureSkipVerify = true
	c.VerifyConnection = func(state tls.ConnectionState) error {
		if got := fingerprint(state.PeerCertificates[0].Raw); got != pin {
			return fmt.Errorf("certificate fingerprint is %s, not the pinned one", got)
		}
		return nil
	}
	return c, nil
}

// fingerprint is the SHA-256 of a certificate in hex.
func fingerprint(certificate []byte) string {
	sum := sha256.Sum256(certificate)
	return hex.EncodeToString(sum[:])
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
