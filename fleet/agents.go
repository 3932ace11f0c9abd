package fleet

import (
	"context"

	"plimsoll/agent"
)

// The goroutines of a level, all started in this file and waited for by hold.run:
//
//	goroutine  one for                 waits for                       ends
//	agent      slot, from the start    its instant in the ramp         when it begins, or the level is over;
//	                                                                  it goes on as its first turn
//	turn       turn that is not over   due, then the reply             when its slot asks for no further turn
//	                                                                  of it, or the level is over
//	pacer      level                   its alarm                       when run closes the alarm, after the others
//
// A turn's goroutine goes on as that of the first turn which its end sets off and
// starts one for each further turn, so there are as many as turns waiting or in
// flight. They meet in hold.mu only.

// pace starts the pacer.
func (h *hold) pace() {
	h.pacing.Go(h.pacer.run)
}

// start starts the agents.
func (h *hold) start(ctx context.Context) {
	for i := range h.agents {
		h.wg.Go(func() { h.begin(ctx, i) })
	}
}

// fork starts a turn beside the others of its slot.
func (h *hold) fork(ctx context.Context, slot int, a agent.Action) {
	h.wg.Go(func() { h.walk(ctx, slot, a) })
}
