// Package promtest starts the distribution's Prometheus server for tests of what is
// scraped.
package promtest

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// every is the time between scrapes.
const every = 100 * time.Millisecond

// Start runs the server, scraping target's (HOST:PORT) /metrics under the name of a
// job, until the test ends. It returns the server's address once the server has a
// sample of metric. Without a binary named by PLIMSOLL_PROMETHEUS the test is skipped;
// under CI=true it fails.
func Start(t testing.TB, job, target, metric string) string {
	t.Helper()
	binary := os.Getenv("PLIMSOLL_PROMETHEUS")
	if binary == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("prometheus is missing; scripts/parts.sh installs it where apt-get is there")
		}
		t.Skip("PLIMSOLL_PROMETHEUS is unset: name a prometheus binary, such as that of Debian's package")
	}
	folder := t.TempDir()
	file := filepath.Join(folder, "prometheus.yml")
	config := fmt.Sprintf("global: {scrape_interval: %s, scrape_timeout: %[1]s}\nscrape_configs:\n- job_name: %s\n  static_configs: [{targets: ['%s']}]\n", every, job, target)
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	server := exec.Command(binary, "--config.file="+file, "--storage.tsdb.path="+filepath.Join(folder, "data"), "--web.listen-address="+address)
	var log strings.Builder
	server.Stderr = &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	stop := func() {
		server.Process.Kill()
		server.Wait()
		http.DefaultClient.CloseIdleConnections()
	}
	for range 400 {
		if n, err := Ask("http://"+address, metric); err == nil && n > 0 {
			t.Cleanup(stop)
			return "http://" + address
		}
		time.Sleep(50 * time.Millisecond)
	}
	stop()
	t.Fatalf("prometheus gave no samples: %s", log.String())
	return ""
}

// Ask returns how many series a query finds at a server.
func Ask(server, query string) (int, error) {
	resp, err := http.Get(server + "/api/v1/query?query=" + url.QueryEscape(query))
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	var answer struct {
		Status, Error string
		Data          struct{ Result []json.RawMessage }
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return 0, err
	}
	if answer.Status != "success" {
		return 0, fmt.Errorf("%s: %s", answer.Status, answer.Error)
	}
	return len(answer.Data.Result), nil
}
