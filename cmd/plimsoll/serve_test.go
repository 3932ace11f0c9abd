package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestServeRefuses(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no folder":         {[]string{"--dir", dir + "/none"}, "there is no folder"},
		"outside, no token": {[]string{"--dir", dir, "--addr", "0.0.0.0:0"}, "--token-env"},
		"empty token":       {[]string{"--dir", dir, "--token-env", "NOTHING"}, "NOTHING is empty"},
		"short token":       {[]string{"--dir", dir, "--token-env", "SHORT"}, "at least 16"},
	} {
		var out, errs bytes.Buffer
		code := Main(t.Context(), append([]string{"serve"}, c.args...), &IO{In: strings.NewReader(""), Out: &out, Err: &errs, Env: func(name string) string {
			return map[string]string{"SHORT": "secretword"}[name]
		}})
		if code == 0 || !strings.Contains(errs.String(), c.want) {
			t.Errorf("%s: exit %d, %q, want %q", name, code, errs.String(), c.want)
		}
		if strings.Contains(errs.String()+out.String(), "secretword") {
			t.Errorf("%s: the token is shown", name)
		}
	}
}

// TestServe opens the address that the command prints and interrupts it.
func TestServe(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	lines, out := io.Pipe()
	var errs bytes.Buffer
	code := make(chan int, 1)
	go func() {
		code <- Main(ctx, []string{"serve", "--dir", t.TempDir(), "--addr", "127.0.0.1:0"}, &IO{In: strings.NewReader(""), Out: out, Err: &errs, Env: func(string) string { return "" }})
		out.Close()
	}()
	line, err := bufio.NewReader(lines).ReadString('\n')
	if err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	for _, page := range []string{"", "plan"} {
		resp, err := http.Get(line[strings.Index(line, "http://"):len(line)-1] + page)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("/%s: %s", page, resp.Status)
		}
	}
	cancel()
	if got := <-code; got != 0 {
		t.Errorf("exit %d: %s", got, errs.String())
	}
}
