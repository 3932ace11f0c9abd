package simfleet

import (
	"plimsoll"
	"plimsoll/agent"
)

// note is one thing that the level is to learn of a slot.
type note struct {
	at     plimsoll.Instant // when it happened
	other  plimsoll.Instant // due of a turn that waits, sending of one that ended
	slot   int32
	branch int32
	tokens int32
	kind   kind
	primer bool
}

type kind uint8

const (
	waits kind = iota
	sent
	firstToken
	ended
	walked
)

// tell passes the note on.
func (n *note) tell(l *agent.Level) {
	slot, branch := int(n.slot), int(n.branch)
	switch n.kind {
	case waits:
		l.Waits(slot, n.other)
	case sent:
		l.Sent(slot, branch, n.other, int(n.tokens), n.primer)
	case firstToken:
		l.FirstToken(slot, branch, n.other)
	case ended:
		l.Ended(slot, branch, n.other, n.at)
	case walked:
		l.Walked(slot, n.other)
	}
}

// merge is the notes of several crews in order of time, those of one instant in
// order of crews.
type merge struct {
	crews []*crew
	heap  []head // least first
}

// head is the first note of a crew that was not taken.
type head struct {
	at         plimsoll.Instant
	crew, next int
}

func (a head) before(b head) bool { return a.at < b.at || a.at == b.at && a.crew < b.crew }

// begin takes the crews' notes as they are now.
func (m *merge) begin() {
	m.heap = m.heap[:0]
	for i, c := range m.crews {
		if len(c.notes) > 0 {
			m.heap = append(m.heap, head{c.notes[0].at, i, 0})
		}
	}
	for i := len(m.heap)/2 - 1; i >= 0; i-- {
		m.down(i)
	}
}

// next returns the earliest note, nil at the end.
func (m *merge) next() *note {
	if len(m.heap) == 0 {
		return nil
	}
	h := &m.heap[0]
	notes := m.crews[h.crew].notes
	n := &notes[h.next]
	if h.next++; h.next < len(notes) {
		h.at = notes[h.next].at
	} else {
		last := len(m.heap) - 1
		m.heap[0] = m.heap[last]
		m.heap = m.heap[:last]
	}
	m.down(0)
	return n
}

func (m *merge) down(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(m.heap); child++ {
			if m.heap[child].before(m.heap[least]) {
				least = child
			}
		}
		if least == i {
			return
		}
		m.heap[i], m.heap[least] = m.heap[least], m.heap[i]
		i = least
	}
}
