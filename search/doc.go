// Package search finds each tier's capacity: past levels in, next stage or answer
// out. It is a pure fold: the same past gives the same decision, so that a resumed
// search goes on as if it had never stopped.
//
// # Method aa
//
// Double the agents until a level fails, then bisect between the highest pass and
// the lowest fail until they lie within the resolution of each other. With
// Config.Shared every level is judged for all tiers and serves every tier whose
// bracket it cuts; otherwise each tier is searched by itself, as AA-AgentPerf does.
// If the first level fails the search goes down; 0 agents are an answer.
//
// # Method certified
//
// A ramp of short levels brackets every tier and claims nothing. Then fresh claim
// levels are placed one at a time, each where it is expected to raise a tier's bound
// most; all tiers use one pool. The bound is the lower end of an inverse prediction
// (Fieller, JRSS B 16(2), 1954) from a line of log margins on log agents through the
// runs near the edge, one point a run, with the variance between runs in it. A cliff
// is bisected and its lower side replicated. docs/method.md 8 has the rules, and 9
// how often they claim too much.
//
// # Honest ends
//
// The capacity is the highest tested N at which it and every smaller tested N
// pass. An undecided level counts as not passed, and the answer says so. A fail
// below a pass is measured again once, fresh, and the runs of one N are combined by
// their mean margins; if it stays, the tier is non-monotone. A void level is
// repeated at most twice; then, and when the engine is lost or changes, the search
// ends with the best lower statement and the reason.
package search
