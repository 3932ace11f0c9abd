package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"plimsoll"
	"plimsoll/bundle"
	"plimsoll/report"
)

// live shows a run while it goes on: why each level is measured, a line once it is
// sealed and, on a terminal, a status line that is redrawn. It reads events.jsonl as any other reader would.
type live struct {
	out    io.Writer
	tty    bool
	colour bool
	// columns is the terminal's width; 0 cuts no line.
	columns int
	tiers   []plimsoll.Tier
	drawn   bool    // a status line stands at the cursor
	left    float64 // s that the search is expected to take still; 0 unknown
	began   time.Time
}

const liveEvery = 100 * time.Millisecond

// follow reads the run folder's events until the end event or the end of ctx. It
// owns no goroutine: the caller runs it in one and waits for it.
func (l *live) follow(ctx context.Context, dir string) error {
	path := filepath.Join(dir, bundle.EventsFile)
	var offset int64
	for {
		n, ended, err := l.more(path, offset)
		offset += n
		if err != nil || ended {
			l.clear()
			return err
		}
		select {
		case <-ctx.Done():
			l.clear()
			return nil
		case <-time.After(liveEvery):
		}
	}
}

// more shows the events past offset and returns how many bytes they took.
func (l *live) more(path string, offset int64) (read int64, ended bool, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil // the first event is not written yet
	}
	if err != nil {
		return 0, false, fmt.Errorf("follow the run: %w", err)
	}
	defer f.Close()
	read, err = bundle.ReadEvents(io.NewSectionReader(f, offset, math.MaxInt64-offset), func(e plimsoll.Event) error {
		l.show(e)
		ended = ended || e.Kind == plimsoll.EventEnd
		return nil
	})
	return read, ended, err
}

func (l *live) show(e plimsoll.Event) {
	switch e.Kind {
	case plimsoll.EventBegin:
		l.begin(*e.Facts, e.Time)
	case plimsoll.EventStage:
		l.why(*e.Stage)
	case plimsoll.EventProgress:
		l.progress(*e.Progress, e.Time)
	case plimsoll.EventSealed:
		l.sealed(e)
	case plimsoll.EventWarning:
		l.clear()
		fmt.Fprintln(l.out, l.paint("33", "! "+report.Visible(e.Message)))
	}
}

func (l *live) begin(f plimsoll.Facts, at time.Time) {
	l.tiers, l.began = f.Tiers, at
	engine := report.Visible(f.Engine.URL)
	if f.Engine.Simulated {
		engine = "simulated engine " + report.Visible(f.Engine.Model)
	}
	fmt.Fprintf(l.out, "%s · %s (%d trajectories, %d turns) · %s, method %s, seed %d\n",
		engine, report.Visible(f.Trajectories.Name), f.Trajectories.Count, f.Trajectories.Turns, f.Preset, f.Method, f.Seed)
	head := fmt.Sprintf("%-6s %7s %11s %10s", "level", "agents", "P25 speed", "P95 TTFT")
	for _, t := range l.tiers {
		head += fmt.Sprintf("  %-11s", report.Visible(t.Name))
	}
	fmt.Fprintf(l.out, "\n%s\n", l.dim(strings.TrimRight(head, " ")))
}

// why says which level begins and why, and how long the search is expected to take still.
func (l *live) why(s plimsoll.Stage) {
	l.clear()
	text := fmt.Sprintf("%-6s %7d agents next: %s", "", s.Agents, report.Visible(s.Why))
	if l.left > 0 {
		text += fmt.Sprintf(" (~%s left)", time.Duration(l.left)*time.Second)
	}
	fmt.Fprintln(l.out, l.dim(text))
}

// sealed prints the line of a level that is over.
func (l *live) sealed(e plimsoll.Event) {
	l.clear()
	speed, ttft := math.NaN(), math.NaN()
	cells := map[string]string{}
	for _, v := range e.Verdicts {
		speed, ttft = v.SpeedTPS, v.TTFTs
		cells[v.Tier] = l.verdict(v.Outcome)
	}
	line := fmt.Sprintf("%-6s %7d %11s %10s", levelName(*e.Stage), e.Stage.Agents, tps(speed), seconds(ttft))
	for _, t := range l.tiers {
		cell, ok := cells[t.Name]
		if !ok {
			cell = l.dim(fmt.Sprintf("%-11s", "·"))
		}
		line += "  " + cell
	}
	if how := settled(e); how != "" {
		line += l.dim(how)
	}
	fmt.Fprintln(l.out, strings.TrimRight(line, " "))
	if e.Validity == "void" && len(e.Verdicts) > 0 {
		for _, reason := range e.Verdicts[0].Reasons {
			fmt.Fprintln(l.out, l.paint("35", "       void: "+report.Visible(reason)))
		}
	}
}

// settled says how settling ended where it took longer than it must.
func settled(e plimsoll.Event) string {
	after := time.Duration(e.SettledS * 1e9).Round(time.Second)
	switch {
	case e.Opened == "max":
		return fmt.Sprintf("  load still changing after %s of settling", after)
	case e.Opened != "" && after > e.Stage.Shape.Settle:
		return fmt.Sprintf("  settled %s", after)
	}
	return ""
}

// progress redraws the status line.
func (l *live) progress(p plimsoll.Progress, at time.Time) {
	l.left = p.LeftS
	if !l.tty {
		return
	}
	speed, ttft := "", ""
	if p.SpeedTPS != nil {
		speed = tps(*p.SpeedTPS)
	}
	if p.TTFTs != nil {
		ttft = seconds(*p.TTFTs)
	}
	spent := at.Sub(l.began).Seconds()
	share := 0.0
	left := ""
	if p.LeftS > 0 {
		share = spent / (spent + p.LeftS)
		left = fmt.Sprintf("~%s left  ", time.Duration(p.LeftS)*time.Second)
	}
	head := fmt.Sprintf("%-6d %7d %11s %10s  %s ", p.Level, p.Agents, speed, ttft, bar(share, 20))
	tail := fmt.Sprintf("%s%-6s %d alive, %d in flight, %.0f tok/s", left, p.Phase, p.Alive, p.InFlight, p.TokensPS)
	if room := l.columns - len([]rune(head)); l.columns > 0 && len(tail) > room { // the last words matter least
		tail = tail[:max(0, room)]
	}
	l.status(head + l.dim(tail))
}

func levelName(s plimsoll.Stage) string {
	switch {
	case s.Warmup:
		return "warm"
	case s.Attempt > 1:
		return fmt.Sprintf("%d.%d", s.Level, s.Attempt)
	}
	return fmt.Sprint(s.Level)
}

func (l *live) verdict(o plimsoll.Outcome) string {
	text := fmt.Sprintf("%-11s", o)
	switch o {
	case plimsoll.Pass:
		return l.paint("32", text)
	case plimsoll.Fail:
		return l.paint("31", text)
	case plimsoll.Void:
		return l.paint("35", text)
	}
	return l.paint("33", text)
}

func (l *live) status(line string) {
	// Without automatic wrap a line that is too long is cut at the edge, and the
	// carriage return finds its begin again.
	fmt.Fprint(l.out, "\r\x1b[K\x1b[?7l"+line+"\x1b[?7h")
	l.drawn = true
}

func (l *live) clear() {
	if l.drawn {
		fmt.Fprint(l.out, "\r\x1b[K")
		l.drawn = false
	}
}

func (l *live) paint(code, text string) string {
	if !l.colour {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (l *live) dim(text string) string { return l.paint("2", text) }

func tps(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return fmt.Sprintf("%.0f tok/s", v)
}

func seconds(v float64) string {
	switch {
	case math.IsNaN(v):
		return "–"
	case math.IsInf(v, 1):
		return "∞"
	case v < 0.1:
		return fmt.Sprintf("%.0f ms", v*1e3)
	}
	return fmt.Sprintf("%.2f s", v)
}

func bar(share float64, width int) string {
	full := int(math.Round(min(1, max(0, share)) * float64(width)))
	return strings.Repeat("█", full) + strings.Repeat("░", width-full)
}
