package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"plimsoll"
)

// child is the simulated engine as a process of its own, so that it competes for
// nothing inside the client. It ends when its stdin closes.
type child struct {
	cmd   *exec.Cmd
	stdin io.Closer
	URL   string
}

const childStartup = 15 * time.Second

// startEngine starts this program as `engine` on a free port and waits for the
// line that says where it listens.
func startEngine(ctx context.Context, b plimsoll.Builtin, stderr io.Writer) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start the simulated engine: %w", err)
	}
	cmd := exec.Command(self, "engine", "--addr", "127.0.0.1:0", "--until-stdin-closes", "--profile", b.Profile,
		"--kv", strconv.FormatFloat(b.KVScale, 'g', -1, 64), "--speed", strconv.FormatFloat(b.SpeedScale, 'g', -1, 64))
	cmd.Stderr = stderr
	detach(cmd)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start the simulated engine: %w", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start the simulated engine: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the simulated engine: %w", err)
	}
	c := &child{cmd: cmd, stdin: stdin}
	if c.URL, err = firstLine(ctx, stdout); err != nil {
		c.Stop()
		return nil, fmt.Errorf("start the simulated engine: %w", err)
	}
	return c, nil
}

// firstLine reads "listening on URL". The reading goroutine ends with the pipe.
func firstLine(ctx context.Context, from io.Reader) (string, error) {
	line := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(from).ReadString('\n')
		line <- text
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case <-time.After(childStartup):
		return "", fmt.Errorf("it did not say where it listens within %s", childStartup)
	case text := <-line:
		url, ok := strings.CutPrefix(strings.TrimSpace(text), listening)
		if !ok {
			return "", fmt.Errorf("it ended before it listened; its message stands above")
		}
		return url, nil
	}
}

// Stop closes the child's stdin and waits for it; one that does not end is killed.
func (c *child) Stop() error {
	c.stdin.Close()
	kill := time.AfterFunc(3*time.Second, func() { c.cmd.Process.Kill() })
	defer kill.Stop()
	if err := c.cmd.Wait(); err != nil {
		return fmt.Errorf("simulated engine: %w", err)
	}
	return nil
}
