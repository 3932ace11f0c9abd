package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// quietFor is how long a job may take without a word; where lines stay, one in ten
// seconds is enough after the first. A line that is redrawn is redrawn so often at most.
const (
	quietFor    = 2 * time.Second
	lineEvery   = 10 * time.Second
	redrawEvery = 100 * time.Millisecond
)

// board shows how far several jobs are: on a terminal one line that is redrawn,
// elsewhere a line now and then. Its methods may be called concurrently.
type board struct {
	mu          sync.Mutex
	screen      *live
	out         io.Writer
	began       time.Time
	said        time.Duration // when the last line was written or redrawn
	done, total int
	shares      map[string]float64 // of the jobs under way that are done
}

func newBoard(io *IO, total int) *board {
	return &board{screen: &live{out: io.progress(), tty: io.TTY, colour: colour(io)}, out: io.Err, began: time.Now(), total: total, shares: map[string]float64{}}
}

// say shows what a job is about, and how much of it is done, as a share; less than was
// said before is not believed.
func (b *board) say(job string, share float64, what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.shares[job] = max(b.shares[job], min(1, share))
	spent := time.Since(b.began)
	if b.screen.tty && (b.said == 0 || spent > b.said+redrawEvery) {
		b.said = spent
		b.screen.status(fmt.Sprintf("%s %s%s  %s: %s", bar(b.share(), 20), b.count(), b.screen.dim(spent.Round(time.Second).String()), job, what))
	}
	if !b.screen.tty && b.due(spent) {
		fmt.Fprintf(b.out, "%s%.0f %%, %s  %s: %s\n", b.count(), b.share()*100, spent.Round(time.Second), job, what)
	}
}

// finished counts one job.
func (b *board) finished(job string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.shares, job)
	b.done++
}

// due tells whether a line is due where lines stay.
func (b *board) due(spent time.Duration) bool {
	if spent < quietFor || b.said > 0 && spent < b.said+lineEvery {
		return false
	}
	b.said = spent
	return true
}

// share is how much of all jobs is done.
func (b *board) share() float64 {
	sum := float64(b.done)
	for _, s := range b.shares {
		sum += s
	}
	return sum / float64(b.total)
}

// count says which of several jobs are done.
func (b *board) count() string {
	if b.total == 1 {
		return ""
	}
	return fmt.Sprintf("%d/%d ", b.done, b.total)
}

func (b *board) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.screen.clear()
}
