package simfleet

import (
	"runtime"
	"sync"
	"sync/atomic"

	"plimsoll"
)

// Goroutines of this package: while a level is held, one for each processor and no
// more than there are racks, each taking the next rack that is to be carried on. All
// have ended when carry returns. Racks share nothing that is written, so that what
// they do does not depend on who carries them when.

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
