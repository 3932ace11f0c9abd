package dialect

// event reads a chat.completion.chunk. Every choice's delta counts, whatever the
// order of its members.
func (chat) event(data []byte, s *Scanner) error {
	w := walker{b: data}
	if w.kind() != '{' {
		return errJSON
	}
	ok := w.members(func(name []byte) bool {
		switch string(name) {
		case "choices":
			return w.elements(func() bool { return w.choice(s) })
		case "usage":
			raw, ok := w.value()
			s.usage(raw)
			return ok
		case "error":
			return w.failure(s)
		}
		return w.skip()
	})
	if !ok {
		return errJSON
	}
	return nil
}

// choice reads a choice, of chat and of completions.
func (w *walker) choice(s *Scanner) bool {
	return w.members(func(name []byte) bool {
		switch string(name) {
		case "delta":
			return w.delta(s)
		case "text":
			return w.piece(s, content)
		case "finish_reason":
			return w.finish(s)
		}
		return w.skip()
	})
}

// finish reads a finish_reason; null says nothing.
func (w *walker) finish(s *Scanner) bool {
	if w.kind() != '"' {
		return w.skip()
	}
	raw, ok := w.text()
	if ok && len(raw) > 0 {
		s.reply.Finish = finishReason(raw)
	}
	return ok
}

// piece reads a string that is part of the reply; null says nothing.
func (w *walker) piece(s *Scanner, k channel) bool {
	if w.kind() != '"' {
		return w.skip()
	}
	raw, ok := w.text()
	if ok {
		s.token(k, raw)
	}
	return ok
}

// delta reads a chat delta.
func (w *walker) delta(s *Scanner) bool {
	var twin []byte // reasoning under its other name says the same again
	return w.members(func(name []byte) bool {
		switch string(name) {
		case "content", "refusal":
			return w.piece(s, content)
		case "reasoning", "reasoning_content":
			from := w.i
			raw, ok := w.value()
			if ok && twin != nil && string(raw) == string(twin) {
				s.mould.saw(reasoning, raw) // two texts: the next event's may differ
				return true
			}
			if ok && len(raw) > 2 && raw[0] == '"' {
				twin = raw
			}
			w.i = from
			return w.piece(s, reasoning)
		case "tool_calls":
			return w.elements(func() bool { return w.toolCall(s) })
		}
		return w.skip()
	})
}

// toolCall reads one of a delta's tool calls.
func (w *walker) toolCall(s *Scanner) bool {
	return w.members(func(name []byte) bool {
		if string(name) != "function" {
			return w.skip()
		}
		return w.members(func(name []byte) bool {
			if n := string(name); n == "name" || n == "arguments" {
				return w.piece(s, tool)
			}
			return w.skip()
		})
	})
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
			return w.skip()
		})
		if ok && !found {
			s.fail([]byte("error without a message"))
		}
		return ok
	}
	return w.skip()
}

// fail books an error of the engine.
func (s *Scanner) fail(raw []byte) {
	if s.reply.Error == "" {
		if s.reply.Error = scrub(appendDecoded(nil, raw)); s.reply.Error == "" {
			s.reply.Error = "error without a message"
		}
	}
}
