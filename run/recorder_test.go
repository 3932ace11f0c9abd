package run

import (
	"testing"

	"plimsoll"
)

// stored counts what came to the folder's level.
type stored struct{ rows int }

func (s *stored) Row(plimsoll.Row) error       { s.rows++; return nil }
func (s *stored) Sample(plimsoll.Sample) error { return nil }

// Every row is stored; rows are kept, in the memory that was given, only where somebody
// looks.
func TestRecorderKeepsWhatIsLookedAt(t *testing.T) {
	for _, keeps := range []bool{false, true} {
		into, memory := &stored{}, make([]plimsoll.Row, 0, 8)
		r := recorder{into: into, keeps: keeps, rows: memory}
		for slot := range int32(5) {
			if err := r.Row(plimsoll.Row{Slot: slot, UsageCompletion: 2}); err != nil {
				t.Fatal(err)
			}
		}
		tokens, rows := r.produced(), r.release()
		if into.rows != 5 {
			t.Errorf("keeps %v: %d of 5 rows stored", keeps, into.rows)
		}
		if kept := len(rows) == 5 && tokens == 10; kept != keeps {
			t.Errorf("keeps %v: %d rows with %d tokens kept", keeps, len(rows), tokens)
		}
		if &rows[:1][0] != &memory[:1][0] {
			t.Errorf("keeps %v: the memory that was given is not the one returned", keeps)
		}
	}
}
