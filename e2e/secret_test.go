package e2e

import (
	"bytes"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const canary = "canary-5d1f0c7e9b-a41"

// secretly runs the program with the canary in the environment.
func secretly(t *testing.T, args ...string) (code int, output string) {
	t.Helper()
	cmd := exec.Command(binary(t), args...)
	cmd.Env = append(os.Environ(), "CANARY="+canary)
	code, stdout, stderr := runCommand(t, cmd)
	return code, stdout + stderr
}

// TestNoSecretIsWritten puts a key in by every route that takes one and looks for it
// in every byte that a run leaves: the folder, standard output and standard error.
func TestNoSecretIsWritten(t *testing.T) {
	engine, _ := startEngine(t)
	seen := 0
	repeating := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == canary {
			seen++
		}
		http.Error(w, r.Header.Get("Authorization"), http.StatusForbidden) // an engine that says the key back
	}))
	defer repeating.Close()
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(canary+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	runFile := filepath.Join(t.TempDir(), "run.yaml")
	if err := os.WriteFile(runFile, []byte("api_key_env: CANARY\nheader: {X-Api-Key: 'env:CANARY'}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	short := []string{"--levels", "1", "--ramp", "0s", "--settle", "1s", "--window", "3s", "--no-warmup",
		"--engine-metrics", repeating.URL + "/metrics", "--engine-metrics-header", "Authorization=env:CANARY"}
	for name, route := range map[string][]string{
		"environment": {"--url", engine, "--api-key-env", "CANARY", "--header", "X-Api-Key=env:CANARY"},
		"file":        {"--url", engine, "--api-key-file", file},
		"run file":    {"--url", engine, "-f", runFile},
		"refused key": {"--url", repeating.URL + "/v1", "--model", "m", "--api-key-env", "CANARY"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			code, output := secretly(t, append(append([]string{"run", "--out", dir}, route...), short...)...)
			if ran := name != "refused key"; ran == (code == 1 || code == 2) {
				t.Fatalf("exit %d\n%s", code, output)
			}
			noCanary(t, dir, output)
		})
	}
	if seen == 0 {
		t.Error("the key never reached the endpoint, so the test shows nothing")
	}
}

// TestSecretsInAddressesAreRefused gives the key where run.yaml would hold it.
func TestSecretsInAddressesAreRefused(t *testing.T) {
	host := net.JoinHostPort("127.0.0.1", "1")
	for name, args := range map[string][]string{
		"user":                   {"--url", "http://" + canary + "@" + host + "/v1"},
		"password":               {"--url", "http://u:" + canary + "@" + host + "/v1"},
		"no scheme":              {"--url", canary + "@" + host},
		"broken address":         {"--url", "http://" + canary + "@%zz"},
		"query":                  {"--url", "http://" + host + "/v1?api_key=" + canary},
		"query, dry run":         {"--url", "http://" + host + "/v1?api_key=" + canary, "--dry-run"},
		"query, far":             {"--url", "https://engine.example/v1?api_key=" + canary},
		"fragment":               {"--url", "http://" + host + "/v1#" + canary},
		"power user":             {"--virtual", "--power", "prometheus:http://u:" + canary + "@" + host + "/x@accelerator"},
		"power, dry run":         {"--dry-run", "--power", "prometheus:http://u:" + canary + "@" + host + "/x@accelerator"},
		"power query":            {"--dry-run", "--power", "prometheus:http://" + host + "/x?token=" + canary + "@accelerator"},
		"header":                 {"--url", "http://" + host + "/v1", "--header", "X-Api-Key=" + canary},
		"header of another name": {"--url", "http://" + host + "/v1", "--header", "X-Tenant=" + canary, "--dry-run"},
		"metrics user":           {"--engine-metrics", "http://" + canary + "@" + host + "/metrics"},
		"metrics query":          {"--engine-metrics", "http://" + host + "/metrics?key=" + canary},
		"metrics header":         {"--engine-metrics", "http://" + host + "/metrics", "--engine-metrics-header", "Authorization=" + canary},
		"metrics bad scheme":     {"--engine-metrics", "x://" + canary},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			code, output := secretly(t, append([]string{"run", "--out", dir}, args...)...)
			if code != 2 {
				t.Errorf("exit %d, want 2", code)
			}
			noCanary(t, dir, output)
		})
	}
}

func noCanary(t *testing.T, dir, output string) {
	t.Helper()
	if strings.Contains(output, canary) {
		t.Errorf("the key stands in the output:\n%s", output)
	}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil // a refused run has no folder
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(canary)) {
			t.Errorf("the key stands in %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
