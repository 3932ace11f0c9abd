package run

import (
	"sync"
	"time"

	"plimsoll"
)

// scrapes are the readings of the engine's metrics of one level attempt, kept until
// the load's epoch is known. At one a second and endpoint they are few.
type scrapes struct {
	epoch    time.Time
	mu       sync.Mutex
	readings []plimsoll.EngineReading
}

func (s *scrapes) add(r plimsoll.EngineReading) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readings = append(s.readings, r)
}

// on returns the readings on the load's clock. It is called once, after the end.
func (s *scrapes) on(epoch time.Time) []plimsoll.EngineReading {
	shift := s.epoch.Sub(epoch)
	for i := range s.readings {
		s.readings[i].At = s.readings[i].At.Add(shift)
	}
	return s.readings
}
