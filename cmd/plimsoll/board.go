package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// quietFor is how long a job may take without a word; where lines stay, one in ten
// seconds is enough after the first.
const (
	quietFor  = 2 * time.Second
	lineEvery = 10 * time.Second
)

// board shows how far several searches are: on a terminal one line that is redrawn,
// elsewhere a line when one of several is over. Its methods may be called
// concurrently.
type board struct {
	mu          sync.Mutex
	screen      *live
	out         io.Writer
	began       time.Time
	said        time.Duration // when the last line was written
	done, total int
}

func newBoard(io *IO, total int) *board {
	return &board{screen: &live{out: io.progress(), tty: io.TTY, colour: colour(io)}, out: io.Err, began: time.Now(), total: total}
}

// say shows what is under way.
func (b *board) say(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	spent := time.Since(b.began)
	if !b.screen.tty && b.total == 1 && spent > quietFor && (b.said == 0 || spent > b.said+lineEvery) {
		b.said = spent
		fmt.Fprintln(b.out, what)
	}
	if b.screen.tty {
		b.screen.status(fmt.Sprintf("%s %d/%d %s  %s", bar(float64(b.done)/float64(b.total), 20), b.done, b.total,
			b.screen.dim(spent.Round(time.Second).String()), what))
	}
}

// finished counts one search.
func (b *board) finished() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done++
	spent := time.Since(b.began)
	if !b.screen.tty && b.done < b.total && spent > quietFor && (b.said == 0 || spent > b.said+lineEvery) {
		b.said = spent
		fmt.Fprintf(b.out, "simulated %d of %d, %s\n", b.done, b.total, spent.Round(time.Second))
	}
}

func (b *board) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.screen.clear()
}
