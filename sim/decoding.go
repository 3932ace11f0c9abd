package sim

// decoding are the sequences whose prompts are complete. All of them take part in
// every step that decodes, so that what a sequence has generated follows from the
// steps since it joined, and nothing is done for it until its last one.
type decoding struct {
	accepted float64 // tokens a step yields a sequence
	steps    int     // that decoded, since the engine began
	ends     heap[*sequence]
	silent   []*sequence // of them, those whose first token is due
	// Sums over the sequences: contexts as they joined, tokens; steps by then.
	contexts, begun int64
}

// join adds a sequence that has its prompt complete and tokens to go.
func (d *decoding) join(s *sequence) {
	s.base, s.joined = s.output, d.steps
	d.contexts += int64(s.Tokens + s.base)
	d.begun += int64(s.joined)
	d.ends.push(int64(d.steps+stepsFor(s.Output-s.base, d.accepted)), s.order, s)
	s.decodes = true
	if s.emitted == 0 && s.output == 0 {
		d.silent = append(d.silent, s)
	}
}

// leave takes a sequence out. What it has generated stays in its output.
func (d *decoding) leave(s *sequence) {
	d.ends.remove(s)
	d.left(s)
}

// left takes a sequence out that the heap does not have any more.
func (d *decoding) left(s *sequence) {
	s.output = d.outputOf(s)
	d.contexts -= int64(s.Tokens + s.base)
	d.begun -= int64(s.joined)
	s.decodes = false
	for i, other := range d.silent {
		if other == s {
			d.silent = append(d.silent[:i], d.silent[i+1:]...)
			break
		}
	}
}

// outputOf returns the tokens that a sequence has generated.
func (d *decoding) outputOf(s *sequence) int {
	return min(s.Output, s.base+int(float64(d.steps-s.joined)*d.accepted))
}

// context returns the tokens that the next tokens of all attend to. With speculation
// a sequence's own are whole ones and this is their mean course.
func (d *decoding) context() int64 {
	return d.contexts + int64(d.accepted*float64(int64(len(d.ends))*int64(d.steps)-d.begun))
}

// next returns the steps until the first sequence begins or ends.
func (d *decoding) next() int {
	if len(d.silent) > 0 {
		return 1
	}
	return int(d.ends[0].at) - d.steps
}

// advance takes steps and appends to out the sequences that have their first or last
// token by now, or every one. Those with their last token have left.
func (d *decoding) advance(steps int, every bool, out []*sequence) []*sequence {
	d.steps += steps
	before := len(out)
	if every {
		for _, e := range d.ends {
			out = append(out, e.of)
		}
	} else {
		out = append(out, d.silent...)
	}
	clear(d.silent)
	d.silent = d.silent[:0]
	for _, s := range out[before:] {
		s.output = d.outputOf(s)
	}
	for len(d.ends) > 0 && d.ends[0].at <= int64(d.steps) {
		s := d.ends.pop()
		if s.emitted > 0 && !every {
			out = append(out, s)
		}
		d.left(s)
	}
	return out
}

// stepsFor returns the steps that yield so many tokens.
func stepsFor(tokens int, accepted float64) int {
	n := int(float64(tokens) / accepted)
	for int(float64(n)*accepted) < tokens { // n is short by one at most, or by rounding
		n++
	}
	return n
}
