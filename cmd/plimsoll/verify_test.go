package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// virtualRun measures once in virtual time and returns the run folder.
func virtualRun(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	var out, progress bytes.Buffer
	if code := Main(context.Background(), []string{"run", "--virtual", "--seed", "7", "--out", dir}, outside(&out, &progress)); code != 0 {
		t.Fatalf("run --virtual exits with %d\n%s%s", code, out.String(), progress.String())
	}
	return dir
}

func outside(out, err *bytes.Buffer) *IO {
	return &IO{In: strings.NewReader(""), Out: out, Err: err, Env: func(string) string { return "" }}
}

// verified runs verify without parsing a command line, which under the race detector
// takes longer than verifying a small folder; it returns what verify prints.
func verified(t *testing.T, dir string) (string, error) {
	t.Helper()
	var out, warnings bytes.Buffer
	err := (&VerifyCmd{Dirs: []string{dir}}).Run(t.Context(), outside(&out, &warnings))
	return out.String(), err
}

func TestVerifyReportCompare(t *testing.T) {
	t.Parallel()
	dir := virtualRun(t)
	ctx := context.Background()
	var out, warnings bytes.Buffer
	io := outside(&out, &warnings)
	if err := (&VerifyCmd{Dirs: []string{dir}}).Run(ctx, io); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for format, want := range map[string]string{"terminal": "SIMULATED", "html": "</html>", "md": "(simulated)", "csv": "p95_ttft_s", "json": `"plimsoll-result/1"`} {
		out.Reset()
		if err := (&ReportCmd{Dirs: []string{dir}, Format: format}).Run(ctx, io); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("report --format %s: %v; it does not hold %q", format, err, want)
		}
	}
	stored, err := os.ReadFile(filepath.Join(dir, "result.json"))
	if err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if err := (&ReportCmd{Dirs: []string{dir}, Format: "json"}).Run(ctx, io); err != nil || out.String() != string(stored) {
		t.Errorf("report --format json is not result.json: %v", err)
	}
	out.Reset()
	if err := (&CompareCmd{Sides: []string{dir, dir}, FailIfSlower: "5%"}).Run(ctx, io); err != nil || !strings.Contains(out.String(), "1.00x") {
		t.Errorf("a run against itself: %v\n%s", err, out.String())
	}
	if err := (&CompareCmd{Sides: []string{dir, "published:h200"}, FailIfSlower: "5%"}).Run(ctx, io); code(err) != exitCheck {
		t.Errorf("a run against another tier's result: %v, want exit %d", err, exitCheck)
	}
	for _, side := range []string{"published:nobody", filepath.Join(dir, "none")} {
		if err := (&CompareCmd{Sides: []string{dir, side}}).Run(ctx, io); err == nil {
			t.Errorf("compared with %s", side)
		}
	}
	key := filepath.Join(t.TempDir(), "key")
	if err := errors.Join((&KeygenCmd{Out: key}).Run(ctx, io), (&KeygenCmd{Out: key + "2"}).Run(ctx, io), (&SignCmd{Dir: dir, KeyFile: key}).Run(ctx, io)); err != nil {
		t.Fatal(err)
	}
	if err := (&KeygenCmd{Out: key}).Run(ctx, io); err == nil {
		t.Error("keygen overwrote a key")
	}
	if err := (&VerifyCmd{Dirs: []string{dir}, PubKey: []string{key + ".pub"}}).Run(ctx, io); err != nil || !strings.Contains(out.String(), "signed by the owner of "+key) {
		t.Errorf("a signed folder: %v\n%s", err, out.String())
	}
	if err := (&VerifyCmd{Dirs: []string{dir}, PubKey: []string{key + "2.pub"}}).Run(ctx, io); code(err) != exitCheck {
		t.Errorf("a folder that this key did not sign: %v", err)
	}
	lie := bytes.Replace(stored, []byte(`"capacity": `), []byte(`"capacity": 9`), 1)
	if err := os.WriteFile(filepath.Join(dir, "result.json"), lie, 0o644); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if err := (&VerifyCmd{Dirs: []string{dir}}).Run(ctx, io); code(err) != exitCheck || !strings.Contains(out.String(), ".capacity says 9") || !strings.Contains(out.String(), "result.json differs") {
		t.Errorf("a changed capacity: %v\n%s", err, out.String())
	}
}

func code(err error) int {
	var e *ExitError
	if !errors.As(err, &e) {
		return -1
	}
	return e.Code
}
