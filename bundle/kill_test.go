//go:build unix

package bundle_test

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"plimsoll"
	"plimsoll/bundle"
)

func TestMain(m *testing.M) {
	if folder := os.Getenv(victimVariable); folder != "" {
		fmt.Fprintln(os.Stderr, victim(folder))
		os.Exit(1)
	}
	if folder := os.Getenv(fullVariable); folder != "" {
		if err := full(folder); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// With this variable set the test binary stands in for a run that is killed: it
// writes levels into the folder until somebody ends it.
const victimVariable = "PLIMSOLL_TEST_VICTIM"

func victim(folder string) error {
	d, err := bundle.Create(folder, facts(), []byte("preset: quick\n"), nil)
	if err != nil {
		return err
	}
	for n := 1; ; n++ {
		l, err := d.Begin(stage(n, 1))
		if err != nil {
			return err
		}
		for i := range 2000 {
			if err := l.Row(row(i%64, i/64/40, i/64%40)); err != nil {
				return err
			}
		}
		if err := l.Seal(plimsoll.Observed{TurnsSent: 2000}); err != nil {
			return err
		}
		if err := d.Append(plimsoll.Event{Kind: plimsoll.EventSealed, Level: bundle.ID(n, 1)}); err != nil {
			return err
		}
		fmt.Println("sealed", n) // the parent kills after some of these
	}
}

// A process is killed at many different instants. Whatever it had called sealed is
// there and whole, nothing else looks sealed, and the folder can be gone on with.
func TestKilledAtAnyInstant(t *testing.T) {
	for delay := range 12 {
		folder := filepath.Join(t.TempDir(), "run")
		child := exec.Command(os.Args[0], "-test.run=^$")
		child.Env = append(os.Environ(), victimVariable+"="+folder)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		said := 0
		if lines.Scan() { // wait for the first sealed level, then for a while that differs
			said++
		}
		time.AfterFunc(time.Duration(delay)*1700*time.Microsecond, func() { child.Process.Kill() })
		for lines.Scan() {
			said++
		}
		child.Wait() // it was killed: its error is no news
		checkKilled(t, folder, said)
	}
}

func checkKilled(t *testing.T, folder string, said int) {
	t.Helper()
	d, err := bundle.Resume(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	levels, err := d.Levels()
	if err != nil {
		t.Fatal(err)
	}
	if len(levels) < said || len(levels) > said+1 {
		t.Errorf("%d levels are there, %d were called sealed", len(levels), said)
	}
	for _, l := range levels {
		rows := 0
		if err := l.Rows(func(*plimsoll.Row) error { rows++; return nil }); err != nil || rows != 2000 {
			t.Errorf("level %s: %d rows, %v", l.ID, rows, err)
		}
	}
	events := 0
	if err := d.Events(func(plimsoll.Event) error { events++; return nil }); err != nil || events > len(levels) {
		t.Errorf("%d events for %d levels: %v", events, len(levels), err)
	}
	seal(t, d, stage(len(levels)+1, 1), []plimsoll.Row{row(0, 0, 0)}, nil)
	if err := d.Append(plimsoll.Event{Kind: plimsoll.EventEnd}); err != nil {
		t.Fatal(err)
	}
	if err := d.Finish(); err != nil {
		t.Fatal(err)
	}
	if found, err := d.Check(); err != nil || len(found) > 0 {
		t.Errorf("after going on: %v, %v", found, err)
	}
}

const fullVariable = "PLIMSOLL_TEST_FULL"

// full writes one level under a limit on the size of files, as on a full disk, and
// prints what each step said.
func full(folder string) error {
	signal.Ignore(syscall.SIGXFSZ) // so that writes fail instead
	d, err := bundle.Create(folder, facts(), []byte("preset: quick\n"), nil)
	if err != nil {
		return err
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 20_000, Max: 20_000}); err != nil {
		return err
	}
	l, err := d.Begin(stage(1, 1))
	if err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(1, 2))
	var first error
	for i := range 200_000 {
		r := row(i%64, i/64/40, i/64%40)
		r.Sent, r.FirstToken, r.End = plimsoll.Instant(random.Int64()), plimsoll.Instant(random.Int64()), plimsoll.Instant(random.Int64())
		if err := l.Row(r); err != nil && first == nil {
			first = err
		} else if err != nil && err != first {
			return fmt.Errorf("a second error: %w", err)
		}
	}
	sealing := l.Seal(plimsoll.Observed{})
	if first == nil || sealing == nil || !strings.Contains(sealing.Error(), first.Error()) {
		return fmt.Errorf("rows said %v, the seal %v", first, sealing)
	}
	if err := d.WriteResult(strings.Repeat("x", 50_000)); err == nil {
		return errors.New("a result larger than the limit was written")
	}
	fmt.Println(first)
	return nil
}

func TestDiskFull(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "run")
	child := exec.Command(os.Args[0], "-test.run=^$")
	child.Env = append(os.Environ(), fullVariable+"="+folder)
	said, err := child.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	if text := string(said); !strings.Contains(text, "turns.parquet") || !strings.Contains(text, "ulimit -f") {
		t.Errorf("the error names neither file nor remedy: %s", text)
	}
	d, err := bundle.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	assertLevels(t, d, 0)
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.Name() == bundle.ResultFile || strings.HasPrefix(entry.Name(), ".") {
			t.Errorf("%s was left behind", entry.Name())
		}
	}
}
