package plimsoll

import "context"

// Load holds levels on an engine: fleet.Fleet on a real one, simfleet.Fleet in
// virtual time. Hold and Drain are called from one goroutine, one after another.
type Load interface {
	// Hold runs one level to its end and writes its rows into the sink as turns
	// end. enough is asked at the stage's ticks from the goroutine that called Hold;
	// true ends the level early. On a cancelled context Hold cuts what is in flight,
	// writes the rows and returns ctx's error with what it observed.
	Hold(ctx context.Context, s Stage, into Sink, enough Enough) (Observed, error)
	// Drain waits until nothing is in flight, so that the next level starts fresh.
	Drain(ctx context.Context) error
}

// Enough is asked whether a level under way is settled, with the instant at which its
// window opened and that of the tick.
// inFlight returns the turns that were sent and have not ended, as rows without an
// End or a class; one that ends meanwhile may stand there and in the sink.
type Enough func(opened, at Instant, inFlight func() []Row) bool

// Sink takes what a level produces. Its methods may be called concurrently; the
// same key (level, attempt, slot, walk, branch, turn) twice is stored once.
type Sink interface {
	Row(Row) error
	Sample(Sample) error
}

// Method decides what to measure next. It is a pure fold: the same past gives the
// same decision, and it keeps no state of its own.
type Method interface {
	// Next returns the next stage, or the answer when there is none.
	Next(past []Past) (*Stage, *Answer)
	// Early reports whether Enough may end a level of the stage; where not, nobody asks.
	Early(Stage) bool
	// Enough reports whether a level under way is settled for every tier.
	Enough(Evidence) bool
}

// Meter reads power. Sample blocks until ctx ends or the meter is lost; it calls
// into from one goroutine.
type Meter interface {
	Covers() Boundary
	Sample(ctx context.Context, into func(Sample)) error
}
