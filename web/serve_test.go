package web

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"plimsoll/bundle"
)

func TestListenRefusesTheOutside(t *testing.T) {
	open := site(t, Config{Dir: t.TempDir()})
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "example.invalid:0", "7777"} {
		if l, err := open.Listen(t.Context(), addr); err == nil {
			l.Close()
			t.Errorf("%s is served without a token", addr)
		} else if addr != "7777" && !strings.Contains(err.Error(), "--token-env") {
			t.Errorf("%s: %v does not say what to do", addr, err)
		}
	}
	closed := site(t, Config{Dir: t.TempDir(), Token: "correct horse battery"})
	l, err := closed.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}

func TestNewSaysWhatIsWrong(t *testing.T) {
	runs := t.TempDir()
	begin(t, runs, "one", "example", began)
	for dir, want := range map[string]string{"": "dir is empty", filepath.Join(runs, "none"): "there is no folder", filepath.Join(runs, "one"): "is itself a run folder"} {
		if s, err := New(Config{Dir: dir}); err == nil || !strings.Contains(err.Error(), want) {
			if err == nil {
				s.Close()
			}
			t.Errorf("%q: %v, want %q", dir, err, want)
		}
	}
}

// frameFrom reads the stream to the next frame.
func frameFrom(t *testing.T, r *bufio.Reader) map[string]string {
	t.Helper()
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok && strings.HasPrefix(data, `{"`) {
			var frame map[string]string
			if err := json.Unmarshal([]byte(data), &frame); err != nil {
				t.Fatal(err)
			}
			return frame
		}
	}
}

// TestStream follows a run from its first event to its end, with a line that is
// half written on the way, and ends with the server's context; nothing is left.
func TestStream(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	runs := t.TempDir()
	d := begin(t, runs, "now", "example", began)
	s := site(t, Config{Dir: runs})
	ctx, cancel := context.WithCancel(t.Context())
	l, err := s.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := http.Client{Transport: transport}
	follow := func() (*bufio.Reader, func() error) {
		resp, err := client.Get("http://" + l.Addr().String() + "/runs/now/frames")
		if err != nil {
			t.Fatal(err)
		}
		if got := resp.Header.Get("Content-Type"); got != "text/event-stream" {
			t.Fatalf("content type %s", got)
		}
		return bufio.NewReader(resp.Body), resp.Body.Close
	}
	one, closeOne := follow()
	if frame := frameFrom(t, one); len(frame) != len(parts) || !strings.Contains(frame["levels"], "None is over yet") {
		t.Fatalf("first frame: %v", frame)
	}
	path := filepath.Join(runs, "now", bundle.EventsFile)
	events, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer events.Close()
	line, err := json.Marshal(begins(1, 8))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(line), `"schema":""`, `"schema":"plimsoll-event/1"`, 1) + "\n"
	if _, err := events.WriteString(text[:40]); err != nil {
		t.Fatal(err)
	}
	torn, closeTorn := follow() // reads the torn line at once
	if frame := frameFrom(t, torn); strings.Contains(frame["now"], "Level 1") {
		t.Error("half an event was read")
	}
	closeTorn()
	if _, err := events.WriteString(text[40:]); err != nil {
		t.Fatal(err)
	}
	if frame := frameFrom(t, one); !strings.Contains(frame["now"], "Level 1") {
		t.Fatalf("second frame: %s", frame["now"])
	}
	add(t, d, seals(1, 8, 200, 11.2))
	two, closeTwo := follow() // who comes later sees all of it at once
	if frame := frameFrom(t, two); !strings.Contains(frame["news"], "failed 30tps/10s") {
		t.Errorf("late frame: %s", frame["news"])
	}
	if err := closeTwo(); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
	closeOne()
}

// TestBegunAnew replaces the events by those of a new run: the page starts over.
func TestBegunAnew(t *testing.T) {
	runs := t.TempDir()
	d := begin(t, runs, "now", "example", began)
	add(t, d, begins(1, 8), seals(1, 8, 200, 1), begins(2, 16))
	f, err := site(t, Config{Dir: runs}).open("now")
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	follow := follower{run: f}
	if _, err := follow.more(); err != nil || len(follow.state.Levels) != 1 {
		t.Fatalf("%d levels, %v", len(follow.state.Levels), err)
	}
	if err := os.WriteFile(filepath.Join(runs, "now", bundle.EventsFile), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := follow.more(); err != nil || len(follow.state.Levels) != 0 {
		t.Errorf("%d levels after a new beginning, %v", len(follow.state.Levels), err)
	}
}
