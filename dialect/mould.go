package dialect

import "bytes"

// mould is what stood around the only text of the last event that was walked. A
// stream's events mostly differ in their text alone, and an event of the same mould
// needs no walk: the walk would go the same way through the same bytes, book the text
// in the same channel, and book for the rest what the last walk left in the scanner.
type mould struct {
	around  []byte // what stood before and after, both with the text's quote; empty: the last event makes no mould
	head    int    // bytes of around that stood before
	channel channel

	texts int    // of the event that is walked
	text  []byte // the last of them: a string's inside with its escapes
}

// fits returns the text of an event of the mould.
func (m *mould) fits(data []byte) (text []byte, ok bool) {
	from, to := m.head, len(data)-(len(m.around)-m.head)
	if from == 0 || from > to || string(data[:from]) != string(m.around[:from]) || string(data[to:]) != string(m.around[from:]) {
		return nil, false
	}
	text = data[from:to]
	// A quote may be the string's end, and a backslash before its end may make a
	// longer string of it: the walk knows.
	if bytes.IndexByte(text, '"') >= 0 || bytes.HasSuffix(text, []byte(`\`)) {
		return nil, false
	}
	return text, true
}

// begin forgets the mould, for an event that is walked.
func (m *mould) begin() {
	m.around, m.head, m.texts, m.text = m.around[:0], 0, 0, nil
}

// saw notes a text of the event that is walked, and which channel it went to.
func (m *mould) saw(k channel, text []byte) {
	m.texts, m.text, m.channel = m.texts+1, text, k
}

// end makes a mould of the event that was walked, if it had one text.
func (m *mould) end(data []byte) {
	if m.texts != 1 {
		return
	}
	// A piece cut off data ends where data's room ends.
	from := cap(data) - cap(m.text)
	to := from + len(m.text)
	if from <= 0 || to >= len(data) || &data[from] != &m.text[0] {
		return
	}
	m.around, m.head = append(append(m.around, data[:from]...), data[to:]...), from
}
