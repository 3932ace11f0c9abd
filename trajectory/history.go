package trajectory

import (
	"slices"
	"strconv"
	"time"

	"plimsoll"
	"plimsoll/token"
)

// step is one message of a conversation told in order.
type step struct {
	Segments []plimsoll.Segment // of one message
	Turn     int                // index of the turn whose reply it is, -1 not a reply
	Delay    time.Duration      // tool time of the turn that sends it first, on its first message
}

// conversation is a thread of a trajectory as one growing list of messages, the
// form that most exchange formats have.
type conversation struct {
	ID    string // the trajectory's, with "/n" for what is not its first conversation
	Tools string
	Steps []step
}

// conversations tells t as growing lists of messages: one a branch, and a new one
// wherever a prompt does not go on from its branch's last (compaction, rewind).
// Every recorded reply stands in exactly one of them, with its reasoning.
func conversations(t *plimsoll.Trajectory) []conversation {
	tools := ""
	for _, s := range t.Segments {
		if s.Kind == plimsoll.KindTools {
			tools = s.Text
		}
	}
	type thread struct {
		at      int             // index in out
		history []plimsoll.Span // messages, as a prompt would list them
		reply   []plimsoll.Span // of the last turn: what a prompt may carry of it
	}
	var out []conversation
	threads := map[int]*thread{}
	for i := range t.Turns {
		turn := &t.Turns[i]
		prompt := token.Messages(t, turn.Prompt)
		th := threads[turn.Branch]
		fresh := 0
		if th != nil {
			fresh = goesOn(t, th.history, th.reply, prompt)
		}
		if th == nil || fresh < 0 {
			id := t.ID
			if len(out) > 0 {
				id += "/" + strconv.Itoa(len(out))
			}
			th = &thread{at: len(out)}
			threads[turn.Branch] = th
			out = append(out, conversation{ID: id, Tools: tools})
			fresh = 0
		}
		c := &out[th.at]
		for k, m := range prompt[fresh:] {
			said := step{Segments: t.Segments[m.From:m.To], Turn: -1}
			if k == 0 {
				said.Delay = turn.Delay
			}
			c.Steps = append(c.Steps, said)
		}
		if len(turn.Output) > 0 {
			var reply []plimsoll.Segment
			for _, s := range turn.Output {
				reply = append(reply, t.Segments[s.From:s.To]...)
			}
			c.Steps = append(c.Steps, step{Segments: reply, Turn: i})
		}
		th.history, th.reply = prompt, turn.Output
	}
	return out
}

// goesOn returns the index of the first message of prompt that is neither in the
// history nor the reply to it; -1 where prompt does not go on from history.
func goesOn(t *plimsoll.Trajectory, history, reply, prompt []plimsoll.Span) int {
	if len(prompt) < len(history) || !slices.Equal(history, prompt[:len(history)]) {
		return -1
	}
	n := len(history)
	if n < len(prompt) && len(reply) > 0 {
		number := t.Segments[reply[0].From].Message
		for n < len(prompt) && t.Segments[prompt[n].From].Message == number {
			n++
		}
	}
	return n
}
