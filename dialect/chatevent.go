package dialect

// event reads a chat.completion.chunk. Every choice's delta counts, whatever the
// order of its members.
func (chat) event(data []byte, s *Scanner) error {
	w := walker{b: data}
	if w.kind() != '{' {
		return errJSON
	}
	w.i++
	for {
		name, more, ok := w.key()
		if !ok {
			return errJSON
		}
		if !more {
			return nil
		}
		switch string(name) {
		case "choices":
			ok = w.choices(s)
		case "usage":
			var raw []byte
			raw, ok = w.value()
			s.usage(raw)
		case "error":
			ok = w.failure(s)
		default:
			_, ok = w.value()
		}
		if !ok {
			return errJSON
		}
	}
}

// choices reads the array of choices, of chat and of completions.
func (w *walker) choices(s *Scanner) bool {
	if w.kind() != '[' {
		_, ok := w.value()
		return ok
	}
	w.i++
	for {
		more, ok := w.element()
		if !ok || !more {
			return ok
		}
		if w.kind() != '{' {
			return false
		}
		w.i++
		for {
			name, more, ok := w.key()
			if !ok {
				return false
			}
			if !more {
				break
			}
			switch string(name) {
			case "delta":
				ok = w.delta(s)
			case "text":
				ok = w.piece(s, Content)
			case "finish_reason":
				ok = w.finish(s)
			default:
				_, ok = w.value()
			}
			if !ok {
				return false
			}
		}
	}
}

// finish reads a finish_reason; null says nothing.
func (w *walker) finish(s *Scanner) bool {
	if w.kind() != '"' {
		_, ok := w.value()
		return ok
	}
	raw, ok := w.text()
	if ok && len(raw) > 0 {
		s.reply.Finish = finishReason(raw)
	}
	return ok
}

// piece reads a string that is part of the reply; null says nothing.
func (w *walker) piece(s *Scanner, k Channel) bool {
	if w.kind() != '"' {
		_, ok := w.value()
		return ok
	}
	raw, ok := w.text()
	if ok {
		s.token(k, raw)
	}
	return ok
}

// delta reads a chat delta.
func (w *walker) delta(s *Scanner) bool {
	if w.kind() != '{' {
		_, ok := w.value()
		return ok
	}
	w.i++
	var twin []byte // reasoning under its other name says the same again
	for {
		name, more, ok := w.key()
		if !ok || !more {
			return ok
		}
		switch string(name) {
		case "content", "refusal":
			ok = w.piece(s, Content)
		case "reasoning", "reasoning_content":
			from := w.i
			var raw []byte
			if raw, ok = w.value(); ok && twin != nil && string(raw) == string(twin) {
				break
			}
			if ok && len(raw) > 2 && raw[0] == '"' {
				twin = raw
			}
			w.i = from
			ok = w.piece(s, Reasoning)
		case "tool_calls":
			ok = w.toolCalls(s)
		default:
			_, ok = w.value()
		}
		if !ok {
			return false
		}
	}
}

// toolCalls reads a delta's tool calls.
func (w *walker) toolCalls(s *Scanner) bool {
	if w.kind() != '[' {
		_, ok := w.value()
		return ok
	}
	w.i++
	for {
		more, ok := w.element()
		if !ok || !more {
			return ok
		}
		ok = w.members(func(name []byte) bool {
			if string(name) != "function" {
				_, ok := w.value()
				return ok
			}
			return w.members(func(name []byte) bool {
				if n := string(name); n == "name" || n == "arguments" {
					return w.piece(s, Tool)
				}
				_, ok := w.value()
				return ok
			})
		})
		if !ok {
			return false
		}
	}
}

// failure reads an error object, or an error that is only a string.
func (w *walker) failure(s *Scanner) bool {
	switch w.kind() {
	case '"':
		raw, ok := w.text()
		s.fail(raw)
		return ok
	case '{':
		found := false
		ok := w.members(func(name []byte) bool {
			if string(name) == "message" && w.kind() == '"' {
				raw, ok := w.text()
				s.fail(raw)
				found = true
				return ok
			}
			_, ok := w.value()
			return ok
		})
		if ok && !found {
			s.fail([]byte("error without a message"))
		}
		return ok
	}
	_, ok := w.value()
	return ok
}

// fail books an error of the engine.
func (s *Scanner) fail(raw []byte) {
	if s.reply.Error == "" {
		if s.reply.Error = scrub(appendDecoded(nil, raw)); s.reply.Error == "" {
			s.reply.Error = "error without a message"
		}
	}
}
