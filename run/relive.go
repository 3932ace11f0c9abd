package run

import (
	"context"
	"fmt"

	"plimsoll"
)

// relive holds the sealed levels again and keeps nothing of them. In virtual time each is
// what it was, and leaves the engine as it did; one that is not was sealed by another
// simulator.
func (c *course) relive(ctx context.Context) error {
	past := c.read.Past()
	for i, p := range past {
		if p.Stage.Fresh {
			if err := c.refresh(ctx); err != nil {
				return err
			}
		}
		observed, err := c.hold(ctx, p.Stage, past[:i], discard{}, &meters{}, &scrapes{})
		if err != nil {
			return fmt.Errorf("level %d of %d agents, held again: %w", p.Stage.Level, p.Stage.Agents, err)
		}
		if was := p.Evidence.Observed; was.Window != observed.Window || was.End != observed.End || was.TurnsSent != observed.TurnsSent {
			return fmt.Errorf("level %d of %d agents, held again, ended after %s with %d turns sent, it was %s and %d: another simulator or profile sealed it; begin a new run",
				p.Stage.Level, p.Stage.Agents, seconds(observed.End), observed.TurnsSent, seconds(was.End), was.TurnsSent)
		}
	}
	return nil
}

func seconds(at plimsoll.Instant) string { return fmt.Sprintf("%.3f s", at.Seconds()) }
