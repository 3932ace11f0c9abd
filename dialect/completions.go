package dialect

import (
	"cmp"

	"plimsoll"
)

// completions is OpenAI's text completions. It has no messages: the conversation is
// written as one text in a plain layout of our own ("role: text", a blank line
// between), which no model's template equals. Its tokens and lengths are therefore
// not comparable with chat.
type completions struct{}

func (completions) Name() string      { return "completions" }
func (completions) Path() string      { return "/completions" }
func (completions) Headers() []Header { return chat{}.Headers() }

func (d completions) Encode(t *plimsoll.Trajectory, o Options) (*Encoded, error) {
	head, err := o.openAI()
	tools, bad := toolSchemas(t)
	return encode(d, t, append(head, `,"prompt":"`...), cmp.Or(err, bad), func(dst []byte, segments []*plimsoll.Segment, p position) ([]byte, int) {
		dst, text := completionsMessage(dst, segments, p)
		if p == first && len(tools) > 0 {
			dst = appendText(append(dst, `\ntools: `...), string(tools))
		}
		return dst, text
	}, completionsTail)
}

// completionsMessage writes one message as text. Tool schemas, which have no place
// of their own here, follow the first message's text.
func completionsMessage(dst []byte, segments []*plimsoll.Segment, p position) ([]byte, int) {
	if p != first {
		dst = append(dst, `\n\n`...)
	}
	dst = append(appendText(dst, string(segments[0].Role)), `: `...)
	text := len(dst)
	for _, s := range segments {
		if s.Kind == plimsoll.KindToolCall {
			dst = append(appendText(append(dst, `\ncall `...), s.Name), ' ')
		}
		dst = appendText(dst, s.Text)
	}
	return dst, text
}

func completionsTail(dst []byte, p Policy, n int) []byte {
	return append(appendLength(append(dst, `\n\nassistant: "`...), p, n), '}')
}

// event reads a text completion, whose choices have their text where chat's have a
// delta.
func (completions) event(data []byte, s *Scanner) error { return chat{}.event(data, s) }
