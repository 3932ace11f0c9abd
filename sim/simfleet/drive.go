package simfleet

import (
	"runtime"
	"sync"
	"sync/atomic"

	"plimsoll"
)

// Goroutines of this package, while a level is held: one for each processor and no
// more than there are racks, each taking the next rack that is to be carried on. All
// have ended when carry returns. Racks share nothing that is written, so that what
// they do does not depend on who carries them when. And one that writes the rows of the
// stretch before; it has ended when wait returns.

// carry takes all racks to an instant.
func carry(crews []*crew, until plimsoll.Instant) {
	workers := min(len(crews), runtime.GOMAXPROCS(0))
	if workers == 1 {
		for _, c := range crews {
			c.run(until)
		}
		return
	}
	var next atomic.Int64
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(crews); i = int(next.Add(1)) - 1 {
				crews[i].run(until)
			}
		})
	}
	group.Wait()
}

// pen writes rows into a level's sink while the racks go on.
type pen struct {
	into  plimsoll.Sink
	group sync.WaitGroup
	rows  [][]plimsoll.Row // of each crew, under way
	err   error            // the sink's first
}

// write takes the crews' rows, once those that it took before are written, and gives
// them the memory of these. It returns the error of those before.
func (p *pen) write(crews []*crew) error {
	if err := p.wait(); err != nil {
		return err
	}
	if p.rows == nil {
		p.rows = make([][]plimsoll.Row, len(crews))
	}
	for i, c := range crews {
		p.rows[i], c.rows = c.rows, p.rows[i][:0]
	}
	p.group.Go(func() {
		for _, rows := range p.rows {
			for i := range rows {
				if p.err = p.into.Row(rows[i]); p.err != nil {
					return
				}
			}
		}
	})
	return nil
}

// wait returns the sink's error, once all rows that were taken are written.
func (p *pen) wait() error {
	p.group.Wait()
	return p.err
}
