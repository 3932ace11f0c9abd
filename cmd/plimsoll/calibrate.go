package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"plimsoll"
	"plimsoll/agent"
	"plimsoll/client"
	"plimsoll/dialect"
	"plimsoll/fleet"
	"plimsoll/measure"
	"plimsoll/sim/metronome"
	"plimsoll/token"
)

// calibration is one load that the doctor makes: agents that each stream at a rate,
// with prompts of one size.
type calibration struct {
	agents, rate int
	context      int // tokens of a prompt, of 4 bytes
	window       time.Duration
	over         string // how the engine is reached
}

// The ways to reach the doctor's engine: HTTP/1.1, the same over TLS, HTTP/2 over TLS.
const (
	overPlain = "plain"
	overTLS   = "tls"
	overHTTP2 = "http2"
)

// calibrated is what a calibration saw. Errors are against the metronome's own log.
type calibrated struct {
	Agents        int     `json:"agents"`
	Rate          int     `json:"events_per_second_per_agent"`
	EventsPerS    float64 `json:"events_per_second"`
	CPUPerEvent   float64 `json:"cpu_us_per_event"` // all CPU time of this process over all events
	CPUShare      float64 `json:"cpu_share"`        // of one core
	LagP99        float64 `json:"lag_p99_ms"`
	SentinelP99   float64 `json:"sentinel_p99_ms"`
	RunQueue      float64 `json:"run_queue_share"`
	TTFTErrorP99  float64 `json:"ttft_error_p99_ms"`
	SpeedErrorP99 float64 `json:"speed_error_p99_percent"`
	BytesPerAgent int64   `json:"bytes_per_agent"` // resident, beyond what stood before the level
	Delivered     float64 `json:"delivered"`
	Turns         int     `json:"turns"`
	Failed        int     `json:"failed"`
}

// tape keeps a level's rows.
type tape struct {
	mu   sync.Mutex
	rows []plimsoll.Row
}

func (t *tape) Row(r plimsoll.Row) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows = append(t.rows, r)
	return nil
}

func (t *tape) Sample(plimsoll.Sample) error { return nil }

// run holds the calibration's level on a metronome of its own.
func (c calibration) run(ctx context.Context, stderr io.Writer) (calibrated, error) {
	var certificate string
	if c.over != overPlain {
		folder, err := os.MkdirTemp("", "plimsoll-doctor-")
		if err != nil {
			return calibrated{}, err
		}
		defer os.RemoveAll(folder)
		if err := writeCertificate(folder); err != nil {
			return calibrated{}, fmt.Errorf("make a certificate: %w", err)
		}
		certificate = folder
	}
	engine, err := startMetronome(ctx, c.rate, certificate, stderr)
	if err != nil {
		return calibrated{}, err
	}
	defer engine.stop()
	return c.load(ctx, engine, certificate)
}

// load holds the level on a metronome that runs.
func (c calibration) load(ctx context.Context, engine *beating, certificate string) (calibrated, error) {
	chat, err := dialect.ByName(dialect.Default)
	if err != nil {
		return calibrated{}, err
	}
	encoded, err := chat.Encode(c.trajectory(), dialect.Options{Model: "metronome", Usage: true})
	if err != nil {
		return calibrated{}, err
	}
	config := client.Config{
		URLs: []string{engine.url}, Dialect: chat, Model: "metronome", Counter: token.Bytes4{}, Exact: true, SessionHeaders: []string{"X-Request-Id"}, HTTP2: c.over == overHTTP2,
	}
	if certificate != "" {
		config.CAFile = filepath.Join(certificate, certificateFile)
	}
	wire, err := client.New(config)
	if err != nil {
		return calibrated{}, err
	}
	defer wire.Close()
	debug.FreeOSMemory() // what a load before left would hide what this one takes
	health, err := wire.StartHealth()
	if err != nil {
		return calibrated{}, err
	}
	defer health.Close()
	time.Sleep(300 * time.Millisecond) // the health's first readings are the ground that memory is counted from
	ground := health.Window(time.Now().Add(-time.Minute), time.Now()).ResidentBytes
	agents := agent.Config{Seed: 1, Start: agent.StartBegin, ToolDelay: agent.DelayRecorded}
	load, err := fleet.New(fleet.Config{Engine: wire, Health: health, Encoded: []*dialect.Encoded{encoded}, Agents: agents, Output: dialect.Recorded})
	if err != nil {
		return calibrated{}, err
	}
	stage := c.stage()
	var rows tape
	observed, err := load.Hold(ctx, stage, &rows, nil)
	if err != nil {
		return calibrated{}, err
	}
	if observed.Broken != "" {
		return calibrated{}, fmt.Errorf("calibrate: the metronome broke: %s", observed.Broken)
	}
	if err := load.Drain(ctx); err != nil {
		return calibrated{}, err
	}
	sent, err := engine.stop()
	if err != nil {
		return calibrated{}, err
	}
	out := c.judge(rows.rows, observed, sent, agent.LevelSalt(agents.Seed, stage))
	out.BytesPerAgent = max(0, observed.Client.ResidentBytes-ground) / int64(c.agents)
	return out, nil
}

// replyTime is how long a reply streams.
const replyTime = 4 * time.Second

// trajectory is one turn.
func (c calibration) trajectory() *plimsoll.Trajectory {
	line := "The quick brown fox jumps over the lazy dog while the agent reads on and on.\n"
	text := strings.Repeat(line, c.context*4/len(line)/2)
	return &plimsoll.Trajectory{
		ID: "metronome",
		Segments: []plimsoll.Segment{
			{Message: 0, Role: plimsoll.System, Kind: plimsoll.KindSystem, Text: text},
			{Message: 1, Role: plimsoll.User, Kind: plimsoll.KindUser, Text: text},
		},
		Turns: []plimsoll.Turn{{Delay: 200 * time.Millisecond, Prompt: []plimsoll.Span{{From: 0, To: 2}}, OutputTokens: int(replyTime.Seconds()) * c.rate}},
	}
}

// The ramp and the settling of a load.
const (
	loadRamp   = 4 * time.Second
	loadSettle = time.Second
)

// takes is about how long a load takes: its last replies run on.
func (c calibration) takes() time.Duration { return loadRamp + loadSettle + c.window + replyTime }

func (c calibration) stage() plimsoll.Stage {
	return plimsoll.Stage{Level: 1, Attempt: 1, Agents: c.agents, Fresh: true, Why: "calibration", Shape: plimsoll.Shape{
		Ramp: loadRamp, Settle: loadSettle, Min: c.window, Max: c.window, Tick: time.Second, Request: time.Minute, Idle: 30 * time.Second,
	}}
}

// judge holds the rows against the metronome's log. A walk is one turn, so its salt,
// which the request carries as its id, names the row.
func (c calibration) judge(rows []plimsoll.Row, o plimsoll.Observed, sent map[string]metronome.Log, salt agent.Salt) calibrated {
	out := calibrated{Agents: c.agents, Rate: c.rate, CPUShare: o.Client.CPUShare, SentinelP99: o.Client.SentinelP99ms, RunQueue: o.Client.RunQueueShare, Delivered: o.Delivered}
	epoch := o.Epoch.UnixNano()
	var lag, ttft, speed []float64
	var events float64
	for i := range rows {
		r := &rows[i]
		events += eventsWithin(r, o.Window)
		if !o.Window.Holds(r.Sent) {
			continue
		}
		out.Turns++
		if r.Class.Failed() {
			out.Failed++
			continue
		}
		lag = append(lag, measure.LagMS(r))
		id := agent.WalkSalt(salt, int(r.Slot), int(r.Walk))
		log, ok := sent[string(id[:])]
		if !ok || r.Class != plimsoll.ClassOK || log.Last <= log.First {
			continue
		}
		ttft = append(ttft, math.Abs(float64(epoch+int64(r.FirstToken)-log.First))/1e6)
		speed = append(speed, 100*math.Abs(float64(log.Last-log.First)/float64(r.LastToken-r.FirstToken)-1))
	}
	out.EventsPerS = events / o.Window.Seconds()
	if events > 0 {
		out.CPUPerEvent = o.Client.CPUSeconds * 1e6 / events
	}
	out.LagP99, out.TTFTErrorP99, out.SpeedErrorP99 = p99(lag), p99(ttft), p99(speed)
	return out
}

// eventsWithin estimates how many of a reply's events lie in the window, by the
// share of its stream that does.
func eventsWithin(r *plimsoll.Row, w plimsoll.Window) float64 {
	if r.FirstToken == plimsoll.Never || r.LastToken <= r.FirstToken {
		return 0
	}
	from, to := max(r.FirstToken, w.Start), min(r.LastToken, w.End)
	return float64(r.Events) * max(0, float64(to-from)) / float64(r.LastToken-r.FirstToken)
}

// p99 is -1 where there is nothing to say.
func p99(values []float64) float64 {
	if len(values) == 0 {
		return -1
	}
	slices.Sort(values)
	return measure.Percentile(values, 0.99)
}

// beating is a metronome as a process.
type beating struct {
	url   string
	stdin io.Closer
	cmd   *exec.Cmd
	logs  chan map[string]metronome.Log
	done  bool
}

// startMetronome starts one over TLS where it is given a folder with a certificate.
func startMetronome(ctx context.Context, rate int, certificate string, stderr io.Writer) (*beating, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start the metronome: %w", err)
	}
	cmd := exec.Command(self, "doctor", "--metronome", fmt.Sprint(rate), "--secure", certificate)
	cmd.Stderr = stderr
	detach(cmd)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start the metronome: %w", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start the metronome: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the metronome: %w", err)
	}
	b := &beating{stdin: stdin, cmd: cmd, logs: make(chan map[string]metronome.Log, 1)}
	lines := bufio.NewReader(stdout)
	if b.url, err = firstLine(ctx, lines); err != nil {
		b.logs <- nil
		_, _ = b.stop()
		return nil, fmt.Errorf("start the metronome: %w", err)
	}
	go func() { b.logs <- metronome.ReadLog(lines) }() // ends with the pipe
	return b, nil
}

// stop ends the metronome and returns its log, the first time.
func (b *beating) stop() (map[string]metronome.Log, error) {
	if b.done {
		return nil, nil
	}
	b.done = true
	_ = b.stdin.Close()
	kill := time.AfterFunc(5*time.Second, func() { _ = b.cmd.Process.Kill() })
	defer kill.Stop()
	sent := <-b.logs
	if err := b.cmd.Wait(); err != nil {
		return nil, fmt.Errorf("metronome: %w", err)
	}
	return sent, nil
}
