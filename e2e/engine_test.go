package e2e

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startEngine starts the simulated engine and returns its URL and process.
func startEngine(t *testing.T, args ...string) (string, *exec.Cmd) {
	t.Helper()
	cmd := exec.Command(binary(t), append([]string{"engine", "--addr", "127.0.0.1:0"}, args...)...)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		t.Fatalf("engine said %q, %v", line, err)
	}
	return url, cmd
}

// TestSeparateEngine measures an engine that was started apart.
func TestSeparateEngine(t *testing.T) {
	url, _ := startEngine(t)
	dir := filepath.Join(t.TempDir(), "run")
	tier := []string{"--tier", "300tps/3s"} // the default run goes through all three
	code, stdout, stderr := run(t, append([]string{"run", "--url", url, "--accelerators", "1", "--power", "static:300W@accelerator", "--out", dir}, tier...)...)
	if code != 0 {
		t.Fatalf("exit %d\n%s\n%s", code, stdout, stderr)
	}
	r := readResult(t, dir)
	checkLedger(t, r)
	checkAgainstVirtual(t, r, tier...)
	if !r.Engine.Simulated {
		t.Error("the engine says that it is simulated, the result does not")
	}
}

// TestStarvedClientIsVoid squeezes the client onto a core full of busy loops: the
// level must be void, never slow.
func TestStarvedClientIsVoid(t *testing.T) {
	taskset := need(t, "taskset", "taskset")
	url, _ := startEngine(t)
	for range 6 {
		loop := exec.Command(taskset, "-c", "0", "sh", "-c", "while :; do :; done")
		loop.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := loop.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			syscall.Kill(-loop.Process.Pid, syscall.SIGKILL)
			loop.Wait()
		})
	}
	dir := filepath.Join(t.TempDir(), "run")
	// At a low priority the scheduler does not favour it for having slept; at the lowest
	// it would not come as far as a level before its requests time out.
	cmd := exec.Command(taskset, "-c", "0", "nice", "-n", "10", binary(t), "run", "--url", url, "--accelerators", "1", "--levels", "24", "--no-warmup", "--out", dir)
	code, stdout, stderr := runCommand(t, cmd)
	if code != 4 {
		t.Fatalf("exit %d, want 4\n%s\n%s", code, stdout, stderr)
	}
	for _, l := range readResult(t, dir).Levels {
		if l.Validity != "void" {
			t.Errorf("level %s is %s", l.ID, l.Validity)
		}
	}
}

// TestEngineDies kills the engine in the middle of a level.
func TestEngineDies(t *testing.T) {
	url, engine := startEngine(t)
	dir := filepath.Join(t.TempDir(), "run")
	kill := time.AfterFunc(7*time.Second, func() { engine.Process.Kill() })
	defer kill.Stop()
	code, stdout, stderr := run(t, "run", "--url", url, "--accelerators", "1", "--out", dir)
	if code == 0 || strings.Contains(stderr, "goroutine ") {
		t.Fatalf("exit %d\n%s\n%s", code, stdout, stderr)
	}
	r := readResult(t, dir)
	checkLedger(t, r)
	if len(r.Levels) == 0 {
		t.Fatal("sealed levels were not kept")
	}
	if last := r.Levels[len(r.Levels)-1]; last.Classes["refused"]+last.Classes["cut"] == 0 || last.Validity != "void" {
		t.Errorf("the last level is %s, with turns %v: want it void, with refused or cut ones", last.Validity, last.Classes)
	}
	if !strings.Contains(stdout+stderr, "the engine was lost") {
		t.Errorf("nobody says that the engine went away:\n%s\n%s", stdout, stderr)
	}
}

// TestInterrupt presses Ctrl-C in the middle of a run.
func TestInterrupt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	cmd := exec.Command(binary(t), "run", "--out", dir)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	press := time.AfterFunc(9*time.Second, func() { cmd.Process.Signal(os.Interrupt) })
	defer press.Stop()
	said, _ := io.ReadAll(stderr)
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Fatalf("exit %d, want 130\n%s", code, said)
	}
	if r := readResult(t, dir); !r.Partial || len(r.Levels) == 0 {
		t.Errorf("partial %v with %d levels; want a partial result with the sealed levels", r.Partial, len(r.Levels))
	}
}

// TestFullDisk runs out of space in the middle of a run.
func TestFullDisk(t *testing.T) {
	mount := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", mount).CombinedOutput(); err != nil {
		t.Skipf("a small file system cannot be mounted here (needs root): %v %s", err, out)
	}
	t.Cleanup(func() { exec.Command("umount", mount).Run() })
	dir := filepath.Join(mount, "run")
	code, stdout, stderr := run(t, "run", "--virtual", "--out", dir)
	if code != 1 || !strings.Contains(stderr, "no space left") || strings.Contains(stderr, "goroutine ") {
		t.Fatalf("exit %d\n%s\n%s", code, stdout, stderr)
	}
	if data, err := os.ReadFile(filepath.Join(dir, "result.json")); err == nil && len(data) > 0 && !strings.HasSuffix(strings.TrimSpace(string(data)), "}") {
		t.Error("result.json is half written")
	}
}

// TestJSONOnly asks for JSON: standard output holds exactly result.json.
func TestJSONOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	code, stdout, stderr := run(t, "run", "--virtual", "--json", "--out", dir)
	if code != 0 {
		t.Fatalf("exit %d\n%s", code, stderr)
	}
	file, err := os.ReadFile(filepath.Join(dir, "result.json"))
	if err != nil {
		t.Fatal(err)
	}
	if stdout != string(file) {
		t.Errorf("standard output is not result.json (%d and %d bytes)", len(stdout), len(file))
	}
}

// TestResumeAfterKill kills the program at some instants of a run in virtual time
// and goes on: the same decisions as an uninterrupted run.
func TestResumeAfterKill(t *testing.T) {
	decisions := func(dir string) string {
		var b strings.Builder
		for _, tier := range readResult(t, dir).Tiers {
			fmt.Fprintf(&b, "%s %s %v\n", tier.Name, tier.Verdict, *tier.Capacity)
			for _, v := range tier.Verdicts {
				fmt.Fprintf(&b, "  %s %d %s\n", v.Level, v.Agents, v.Verdict)
			}
		}
		return b.String()
	}
	whole := filepath.Join(t.TempDir(), "whole")
	if code, _, stderr := run(t, "run", "--virtual", "--seed", "5", "--out", whole); code != 0 {
		t.Fatalf("exit %d\n%s", code, stderr)
	}
	want := decisions(whole)
	for _, after := range []time.Duration{60 * time.Millisecond, 150 * time.Millisecond, 250 * time.Millisecond} {
		dir := filepath.Join(t.TempDir(), "killed")
		cmd := exec.Command(binary(t), "run", "--virtual", "--seed", "5", "--out", dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(after)
		cmd.Process.Kill()
		cmd.Wait()
		if _, err := os.Stat(filepath.Join(dir, "facts.json")); err != nil {
			t.Logf("killed after %s, before the folder was begun", after)
			continue
		}
		if code, stdout, stderr := run(t, "run", "--resume", dir); code != 0 {
			t.Fatalf("killed after %s: resume: exit %d\n%s\n%s", after, code, stdout, stderr)
		}
		if got := decisions(dir); got != want {
			t.Errorf("killed after %s: decisions differ\n%s\nwant\n%s", after, got, want)
		}
	}
}
