package main

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"plimsoll"
)

// TestLiveShowsTextsAsText shows events that hold commands for a terminal: of all
// control characters only our own colours, line ends and the redrawn line get out.
func TestLiveShowsTextsAsText(t *testing.T) {
	const evil = "\x1b[2J\x1b]0;title\x07\u202e\r\nfake line"
	tier := plimsoll.Tier{Name: evil, SpeedTPS: 30, TTFT: time.Second}
	stage := plimsoll.Stage{Level: 1, Attempt: 1, Agents: 8, Why: evil, Tiers: []plimsoll.Tier{tier}}
	var b bytes.Buffer
	screen := &live{out: &b, tty: true, colour: true}
	for _, e := range []plimsoll.Event{
		{Kind: plimsoll.EventBegin, Facts: &plimsoll.Facts{Tiers: stage.Tiers, Engine: plimsoll.EngineFacts{URL: evil, Model: evil, Simulated: true}, Trajectories: plimsoll.SetFacts{Name: evil}}},
		{Kind: plimsoll.EventStage, Stage: &stage},
		{Kind: plimsoll.EventWarning, Message: evil},
		{Kind: plimsoll.EventSealed, Stage: &stage, Validity: "void", Verdicts: []plimsoll.Verdict{{Tier: evil, Outcome: plimsoll.Void, Reasons: []string{evil}}}},
	} {
		screen.show(e)
	}
	exitCode(errors.New("the engine said "+evil), &b)
	text := regexp.MustCompile("\x1b\\[[0-9]{0,2}m|\r\x1b\\[K|\x1b\\[\\?7[lh]").ReplaceAllString(b.String(), "")
	for _, c := range text {
		if c != '\n' && unicode.IsControl(c) || unicode.Is(unicode.Cf, c) {
			t.Fatalf("the terminal gets %q in %q", c, text)
		}
	}
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "fake line") && !strings.Contains(b.String(), "plimsoll: the engine said") {
			t.Errorf("a text began a line of its own: %q", line)
		}
	}
	if n := strings.Count(text, "fake line"); n < 5 {
		t.Errorf("the texts are shown %d times, want at least 5", n)
	}
}

// TestStatusKeepsToTheWidth: a narrow terminal loses the last words, not the time left.
func TestStatusKeepsToTheWidth(t *testing.T) {
	speed, ttft := 28.4, 1.8
	p := plimsoll.Progress{Level: 5, Agents: 128, Phase: "hold", Alive: 128, InFlight: 116, TokensPS: 2858, LeftS: 57, SpeedTPS: &speed, TTFTs: &ttft}
	var b bytes.Buffer
	screen := &live{out: &b, tty: true, columns: 80}
	screen.progress(p, time.Now())
	text := strings.NewReplacer("\r\x1b[K\x1b[?7l", "", "\x1b[?7h", "").Replace(b.String())
	if n := len([]rune(text)); n != 80 || !strings.Contains(text, "~57s left") {
		t.Errorf("%d columns: %q", n, text)
	}
}

// TestLiveSaysWhy: also where lines stay, every level's reason and the time left are told.
func TestLiveSaysWhy(t *testing.T) {
	stage := plimsoll.Stage{Level: 3, Attempt: 1, Agents: 32, Why: "16 passed: twice as many"}
	var b bytes.Buffer
	screen := &live{out: &b}
	screen.show(plimsoll.Event{Kind: plimsoll.EventProgress, Progress: &plimsoll.Progress{LeftS: 75}})
	screen.show(plimsoll.Event{Kind: plimsoll.EventStage, Stage: &stage})
	if got := strings.TrimSpace(b.String()); got != "32 agents next: 16 passed: twice as many (~1m15s left)" {
		t.Errorf("%q", got)
	}
}
