package dialect

// object is the bytes of a JSON object, or of anything else, which has no members.
type object []byte

// member returns the value of the first member of that name, nil where there is
// none.
func (o object) member(name string) object {
	w := walker{b: o}
	if !w.open('{') {
		return nil
	}
	for {
		key, more, ok := w.key()
		if !ok || !more {
			return nil
		}
		value, ok := w.value()
		if !ok {
			return nil
		}
		if string(key) == name {
			return value
		}
	}
}

// piece books a string member as part of the reply.
func (o object) piece(s *Scanner, name string, k channel) {
	value := o.member(name)
	if len(value) >= 2 && value[0] == '"' {
		s.token(k, value[1:len(value)-1])
	}
}

// failure books an object's error member. One that is known to be an error says so
// itself where it has none.
func (o object) failure(s *Scanner, known bool) {
	e := o.member("error")
	if len(e) == 0 || e[0] == 'n' {
		if !known {
			return
		}
		e = o
	}
	w := walker{b: e}
	w.failure(s)
}

// typed returns a typed event's type and its object; not ok where the data is no
// complete object.
func typed(data []byte) (kind []byte, o object, ok bool) {
	w := walker{b: data}
	if w.kind() != '{' {
		return nil, nil, false
	}
	w.i++
	for {
		key, more, ok := w.key()
		if !ok {
			return nil, nil, false
		}
		if !more {
			return kind, data, true
		}
		if string(key) == "type" && w.kind() == '"' {
			kind, ok = w.text()
		} else {
			_, ok = w.value()
		}
		if !ok {
			return nil, nil, false
		}
	}
}
