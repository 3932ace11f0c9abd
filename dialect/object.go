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
func (o object) piece(s *Scanner, name string, k Channel) error {
	value := o.member(name)
	if len(value) >= 2 && value[0] == '"' {
		s.token(k, value[1:len(value)-1])
	}
	return nil
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
