package power

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// command reads a tool that prints readings for as long as it lives, one device a
// line. Starting nvidia-smi for every reading takes the driver's locks each time;
// one long-lived process does not.
//
//	state   | line               | tool ends          | read's context ends | close
//	idle    | -                  | -                  | -                   | -
//	running | kept, read returns | idle, read fails   | read fails          | killed, waited for
//
// One goroutine a process hands lines over; it ends with the process, which close
// kills.
type command struct {
	name  string
	args  []string
	parse func(line string) (reading, bool, error)

	process *exec.Cmd
	stop    context.CancelFunc
	lines   chan printed
	ended   sync.WaitGroup
}

// printed is a line and when it came: a busy machine may hand several over at once.
type printed struct {
	text string
	at   time.Time
}

// settle is how long after a line the rest of its batch may come.
const settle = 50 * time.Millisecond

// maxLine caps a line of output in bytes.
const maxLine = 64 << 10

// read waits for the next batch of lines: those that come within settle of one
// another.
func (c *command) read(ctx context.Context) ([]reading, error) {
	if c.process == nil {
		if err := c.start(); err != nil {
			return nil, err
		}
	}
	var list []reading
	var broken error
	var quiet <-chan time.Time
	for {
		select {
		case line, open := <-c.lines:
			if !open {
				return list, errors.Join(c.close(), fmt.Errorf("%s ended", c.name))
			}
			r, is, err := c.parse(line.text)
			if err != nil {
				broken = err
			} else if is {
				r.at = line.at
				list = append(list, r)
			}
			if is || err != nil {
				quiet = time.After(settle)
			}
		case <-quiet:
			if len(list) == 0 {
				return nil, broken
			}
			return list, nil
		case <-ctx.Done():
			return nil, fmt.Errorf("no reading from %s: %w", c.name, ctx.Err())
		}
	}
}

func (c *command) start() error {
	ctx, stop := context.WithCancel(context.Background())
	process := exec.CommandContext(ctx, c.name, c.args...)
	process.WaitDelay = time.Second
	out, err := process.StdoutPipe()
	if err == nil {
		err = process.Start()
	}
	if err != nil {
		stop()
		return fmt.Errorf("starting %s: %w", c.name, err)
	}
	c.process, c.stop, c.lines = process, stop, make(chan printed, 64)
	c.ended.Go(func() { handOver(ctx, out, c.lines) })
	return nil
}

// handOver passes complete lines on; a last line without its end is cut off
// output, so it is left out.
func handOver(ctx context.Context, out io.Reader, lines chan<- printed) {
	defer close(lines)
	in := bufio.NewReaderSize(out, maxLine)
	for {
		line, err := in.ReadString('\n')
		if err != nil || len(line) > maxLine {
			return
		}
		select {
		case lines <- printed{strings.TrimSpace(line), time.Now()}:
		case <-ctx.Done():
			return
		}
	}
}

// close kills the tool and waits for it. Being killed is no error.
func (c *command) close() error {
	if c.process == nil {
		return nil
	}
	c.stop()
	err := c.process.Wait() // closes the pipe, which ends the goroutine
	c.ended.Wait()
	c.process = nil
	var exit *exec.ExitError
	if errors.As(err, &exit) && !exit.Exited() {
		return nil
	}
	return err
}
