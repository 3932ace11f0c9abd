package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// binary returns the program under test. Without PLIMSOLL_E2E the test is skipped:
// `go test ./...` must pass on a machine with only Go.
func binary(t *testing.T) string {
	t.Helper()
	if os.Getenv("PLIMSOLL_E2E") == "" {
		t.Skip("end-to-end tests run by `make e2e`: PLIMSOLL_E2E is not set")
	}
	path := os.Getenv("PLIMSOLL_BIN")
	if path == "" {
		t.Fatal("PLIMSOLL_BIN is not set; `make e2e` sets it to the static binary")
	}
	return path
}

// need returns a real part by its name, or skips the test; under CI=true a missing
// part fails it.
func need(t *testing.T, what string, paths ...string) string {
	t.Helper()
	for _, p := range paths {
		if found, err := exec.LookPath(p); err == nil {
			return found
		}
		if _, err := os.Stat(p); err == nil {
			return p
		}
	}
	message := what + " is missing; scripts/parts.sh installs it where apt-get and pip are there"
	if os.Getenv("CI") == "true" {
		t.Fatal(message)
	}
	t.Skip(message)
	return ""
}

// run starts the program and returns its exit code and output.
func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return runCommand(t, exec.Command(binary(t), args...))
}

func runCommand(t *testing.T, cmd *exec.Cmd) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	began := time.Now()
	failure := cmd.Run()
	t.Logf("%s: %.1f s", strings.Join(cmd.Args[1:], " "), time.Since(began).Seconds())
	var exit *exec.ExitError
	if failure != nil && !errors.As(failure, &exit) {
		t.Fatal(failure)
	}
	return cmd.ProcessState.ExitCode(), out.String(), err.String()
}

// result is what the tests read of result.json.
type result struct {
	Schema  string `json:"schema"`
	Partial bool   `json:"partial"`
	Levels  []struct {
		ID        string  `json:"id"`
		Agents    int     `json:"agents"`
		Validity  string  `json:"validity"`
		Turns     int     `json:"turns"`
		OK        int     `json:"ok"`
		Failed    int     `json:"failed"`
		Cancelled int     `json:"cancelled"`
		Censored  int     `json:"censored"`
		TookS     float64 `json:"took_s"`
		P25Speed  float64 `json:"p25_speed_tps"`
		P95TTFT   float64 `json:"p95_ttft_s"`

		Distribution struct {
			TTFTs []float64 `json:"ttft_s"` // P1, P5, P10, P25, P50, P75, P90, P95, P99
		} `json:"distribution"`

		Classes map[string]int `json:"classes"`
	} `json:"levels"`
	Tiers []struct {
		Name        string `json:"name"`
		Verdict     string `json:"verdict"`
		Capacity    *int   `json:"capacity"`
		LowestFail  int    `json:"lowest_fail"`
		BoundBy     string `json:"bound_by"`
		Reason      string `json:"reason"`
		PerMegawatt *struct {
			Value    float64 `json:"value"`
			Boundary string  `json:"boundary"`
		} `json:"per_megawatt"`
		Verdicts []struct {
			Level   string   `json:"level"`
			Agents  int      `json:"agents"`
			Verdict string   `json:"verdict"`
			Reasons []string `json:"reasons"`
		} `json:"verdicts"`
	} `json:"tiers"`
	Comparable struct {
		Yes bool     `json:"yes"`
		Why []string `json:"why"`
	} `json:"comparable"`
	Engine struct {
		Simulated bool `json:"simulated"`
	} `json:"engine"`
}

func readResult(t *testing.T, dir string) result {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "result.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r result
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// capacities returns the capacity of each tier, -1 where there is none.
func (r result) capacities() map[string]int {
	all := map[string]int{}
	for _, t := range r.Tiers {
		all[t.Name] = -1
		if t.Capacity != nil {
			all[t.Name] = *t.Capacity
		}
	}
	return all
}

// checkLedger checks that every level's rows add up.
func checkLedger(t *testing.T, r result) {
	t.Helper()
	for _, l := range r.Levels {
		if l.Turns != l.OK+l.Failed+l.Cancelled+l.Censored {
			t.Errorf("level %s: %d turns, but %d ok + %d failed + %d cancelled + %d censored", l.ID, l.Turns, l.OK, l.Failed, l.Cancelled, l.Censored)
		}
	}
}
