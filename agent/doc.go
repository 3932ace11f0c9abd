// Package agent is one simulated coding agent as a pure state machine, and the
// protocol of one level that all agents share. It has no clock, no network and no
// goroutine: fleet drives it on a real engine, sim/simfleet in virtual time.
//
// # Agents
//
// A Roster holds the trajectories' turn graphs and decides, by hashing alone, which
// trajectory a slot walks, where it starts and how long its tools take. A Slot
// walks: an Event goes in (begun, turn ended), Actions come out (send this turn at
// its due instant, walk finished). A turn is due at the latest end among the turns
// it waits for plus its tool delay. Turns of one branch go one after another in
// the trajectory's order, so a branch never has two requests in flight. A turn that
// failed ends like any other: the agent goes on.
//
// # Draws
//
// Every random decision is Draw(seed, purpose, keys...): there is no random stream
// that agents share. The trajectory and the start depend on (seed, replicate, slot,
// walk), a drawn tool delay on (delay seed, trajectory, turn, walk), salts on (seed,
// N, replicate, attempt) and, for a walk's, on (slot, walk). N never moves a draw.
//
// # Starts
//
//   - spread: the stationary law. The first trajectory is drawn in proportion to its
//     recorded duration and the agent starts at a uniform position in it. The turns
//     before that position count as ended; a primer (the prompt of the branch's last
//     ended turn, one token of output) rebuilds the context when the agent begins,
//     then the rest of the tool delay is waited. A position inside a turn sends that
//     turn right after the primer.
//   - offset: 0 to 10 turns in, uniformly, without a primer.
//   - begin: at the first turn.
//
// Where a turn's duration was not recorded it is estimated as its output tokens at
// 50 tokens/s; the tool delay before it comes on top.
//
// # Levels
//
// A Level turns plimsoll.Shape into decisions: when an agent begins, when the window
// opens and closes, when Enough is asked, how long the load is held and which class
// a turn gets that was cut. See Level.
package agent
