package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll"
	"plimsoll/agent"
	"plimsoll/client"
	"plimsoll/dialect"
	"plimsoll/sim/metronome"
	"plimsoll/token"
)

// The metronome sends what was asked for and logs when, whatever it is reached over.
func TestMetronome(t *testing.T) {
	for _, over := range []string{overPlain, overTLS, overHTTP2} {
		t.Run(over, func(t *testing.T) { metronomeKeepsTime(t, over) })
	}
}

func metronomeKeepsTime(t *testing.T, over string) {
	chat, err := dialect.ByName("chat")
	if err != nil {
		t.Fatal(err)
	}
	config := client.Config{Dialect: chat, Model: "metronome", Counter: token.Bytes4{}, Exact: true, SessionHeaders: []string{"X-Request-Id"}, HTTP2: over == overHTTP2}
	var folder string
	if over != overPlain {
		folder = t.TempDir()
		if err := writeCertificate(folder); err != nil {
			t.Fatal(err)
		}
		config.CAFile = filepath.Join(folder, certificateFile)
	}
	in, stdin := io.Pipe()
	stdout, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := serveMetronome(context.Background(), 500, folder, in, out)
		out.Close()
		ended <- err
	}()
	lines := bufio.NewReader(stdout)
	url, err := firstLine(context.Background(), lines)
	if err != nil {
		t.Fatal(err)
	}
	config.URLs = []string{url}
	c, err := client.New(config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Identify(context.Background()); err != nil {
		t.Fatal(err)
	}
	encoded, err := chat.Encode(calibration{rate: 5, context: 27_000}.trajectory(), dialect.Options{Model: "metronome", Usage: true})
	if err != nil {
		t.Fatal(err)
	}
	epoch := time.Now()
	row := plimsoll.Row{}
	c.Do(context.Background(), epoch, client.Call{Encoded: encoded, Output: dialect.Output{Policy: dialect.Recorded}, Request: time.Minute, Session: "turn-1"}, &row)
	if row.Class != plimsoll.ClassOK || row.LocalTokens != 20 {
		t.Fatalf("%+v", row)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	stdin.Close()
	log := metronome.ReadLog(lines)["turn-1"]
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	sent, read := epoch.UnixNano()+int64(row.Sent), epoch.UnixNano()+int64(row.FirstToken)
	if log.First < sent || log.First > read || log.Last <= log.First || log.Last > epoch.UnixNano()+int64(row.LastToken) {
		t.Errorf("log %+v does not lie between sent %d and first token %d", log, sent, read)
	}
}

// The errors are those between the rows and the log.
func TestCalibrationJudge(t *testing.T) {
	c := calibration{agents: 2, rate: 10}
	salt := agent.LevelSalt(1, c.stage())
	epoch := time.Unix(1000, 0)
	id := agent.WalkSalt(salt, 1, 3)
	row := plimsoll.Row{Slot: 1, Walk: 3, Due: 1e9, Sent: 1.002e9, FirstToken: 1.5e9, LastToken: 5.5e9, End: 5.5e9, Events: 40, Class: plimsoll.ClassOK}
	outside := row
	outside.Sent = 20e9
	failed := row
	failed.Class = plimsoll.ClassCut
	sent := map[string]metronome.Log{string(id[:]): {First: epoch.UnixNano() + 1.4e9, Last: epoch.UnixNano() + 5.6e9}}
	o := plimsoll.Observed{Epoch: epoch, Window: plimsoll.Window{Start: 1e9, End: 5e9}, Delivered: 1, Client: plimsoll.Client{CPUSeconds: 0.000105, SentinelP99ms: 0.5}}
	got := c.judge([]plimsoll.Row{row, outside, failed}, o, sent, salt)
	near := func(a, b float64) bool { return a > b-0.01 && a < b+0.01 }
	if got.Turns != 2 || got.Failed != 1 || !near(got.LagP99, 2) || !near(got.TTFTErrorP99, 100) || !near(got.SpeedErrorP99, 5) || !near(got.EventsPerS, 3*35/4.) || !near(got.CPUPerEvent, 1) {
		t.Errorf("%+v", got)
	}
	if n := len(got.complaints()); n != 1 {
		t.Errorf("%d complaints, want the failed turn alone: %v", n, got.complaints())
	}
}

// What the doctor says: each figure with its limit, what was borne, and on a machine
// that is too small why and what helps. Its JSON has the names that others read.
func TestDiagnosis(t *testing.T) {
	good := calibrated{Agents: 1000, Rate: 20, EventsPerS: 19_500, LagP99: 0.4, SentinelP99: 0.3, RunQueue: 0.004, Delivered: 1, BytesPerAgent: 17 << 10}
	bad := good
	bad.Agents, bad.EventsPerS, bad.LagP99, bad.Delivered, bad.Failed = 5000, 60_000, 12, 0.9, 3
	links := []plimsoll.Link{{Interface: "eth0"}, {Interface: "eth1", BytesPerS: 1.25e9}}
	for name, test := range map[string]struct {
		loads     []calibrated
		warnings  []string
		want, not []string
	}{
		"borne": {[]calibrated{good}, nil, []string{"bore every load that was tried, up to 1000 agents and up to 19500 tokens/s", "lag P99", "5 ms", "19936 agents", "speed unknown", "every 10s", "3 M tokens/s with usage in every event; 17 M where"}, []string{"What helps", "too much"}},
		"half":  {[]calibrated{good, bad}, []string{"5000: too much"}, []string{"bore up to 1000 agents", "! 5000: too much", "What helps", "too much"}, []string{"every load"}},
		"none":  {[]calibrated{bad}, []string{"w"}, []string{"In every load that was tried this machine was the limit", "What helps"}, []string{"bore"}},
	} {
		d := diagnosis{CPUs: 2, Scan: 3e6, ScanAlike: 17e6, Context: 27_000, OpenFiles: 20_000, Ports: 28_232, Links: links, Loads: test.loads, Warnings: test.warnings}
		d.calibrated = d.best()
		var said bytes.Buffer
		d.print(page{&said, 100})
		text := strings.Join(strings.Fields(said.String()), " ")
		for _, part := range test.want {
			if !strings.Contains(text, part) {
				t.Errorf("%s: no %q in\n%s", name, part, &said)
			}
		}
		for _, part := range test.not {
			if strings.Contains(text, part) {
				t.Errorf("%s: %q in\n%s", name, part, &said)
			}
		}
		if name != "half" {
			continue
		}
		data, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var members map[string]any
		if err := json.Unmarshal(data, &members); err != nil {
			t.Fatal(err)
		}
		for _, member := range []string{"scan_events_per_second_per_core", "scan_alike_events_per_second_per_core", "cpu_us_per_event", "agents", "events_per_second", "lag_p99_ms", "sentinel_p99_ms", "ttft_error_p99_ms", "speed_error_p99_percent", "bytes_per_agent", "open_files_limit", "local_ports"} {
			if members[member] == nil {
				t.Errorf("the JSON lacks %s", member)
			}
		}
		if members["agents"] != 1000. {
			t.Errorf("the figures are those of %v agents, not of the load that was borne", members["agents"])
		}
	}
	if why := strings.Join(bad.complaints(), ", "); why != "lag P99 12 ms (limit 5), 90 % of the agents delivered (want 99), 3 failed turns" {
		t.Error(why)
	}
}

// A load that the limits forbid is not tried.
func TestDoctorWithinLimits(t *testing.T) {
	files, ports := limits()
	if files == 0 || files > 90_000 && ports > 90_000 {
		t.Skip("the limits of this machine forbid nothing")
	}
	code, _, stderr := call(t, map[string]string{"XDG_CACHE_HOME": t.TempDir()}, "doctor", "--agents", "100000")
	if code != exitFailed || !strings.Contains(stderr, "no load could be tried") || !strings.Contains(stderr, "ulimit -n") && !strings.Contains(stderr, "ip_local_port_range") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}
