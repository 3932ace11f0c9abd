package synth

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed grammar/*.txt
var grammarFiles embed.FS

// grammar is a set of context-free rules. A file holds rules: a name and a colon
// on a line of its own, then one alternative a line behind "| ". In an alternative
// <name> stands for a rule, \n for a line's end, \t for a tab, \< for a literal <.
// An alternative that stands twice is drawn twice as often.
type grammar struct {
	names map[string]int
	rules [][][]part
}

type part struct {
	literal string
	rule    int // -1 a literal
}

// readGrammar reads the named files of the grammar folder into one set of rules.
func readGrammar(files ...string) (*grammar, error) {
	g := &grammar{names: map[string]int{}}
	for _, file := range files {
		text, err := grammarFiles.ReadFile("grammar/" + file + ".txt")
		if err != nil {
			return nil, fmt.Errorf("grammar %s: %w", file, err)
		}
		rule := -1
		for n, line := range strings.Split(string(text), "\n") {
			switch {
			case line == "" || strings.HasPrefix(line, "#"):
			case strings.HasPrefix(line, "| ") && rule >= 0:
				alternative, err := g.parse(line[2:])
				if err != nil {
					return nil, fmt.Errorf("grammar %s:%d: %w", file, n+1, err)
				}
				g.rules[rule] = append(g.rules[rule], alternative)
			case strings.HasSuffix(line, ":"):
				rule = g.rule(strings.TrimSuffix(line, ":"))
			default:
				return nil, fmt.Errorf("grammar %s:%d: %q is neither a rule nor an alternative", file, n+1, line)
			}
		}
	}
	for name, i := range g.names {
		if len(g.rules[i]) == 0 {
			return nil, fmt.Errorf("grammar %v: rule %s has no alternative", files, name)
		}
	}
	if name, ok := g.recursive(); ok {
		return nil, fmt.Errorf("grammar %v: rule %s leads back to itself; derivations must end", files, name)
	}
	return g, nil
}

// recursive finds a rule that can lead back to itself.
func (g *grammar) recursive() (string, bool) {
	state := make([]int, len(g.rules)) // 1 under way, 2 done
	var visit func(rule int) bool
	visit = func(rule int) bool {
		if state[rule] != 0 {
			return state[rule] == 1
		}
		state[rule] = 1
		for _, alternative := range g.rules[rule] {
			for _, p := range alternative {
				if p.rule >= 0 && visit(p.rule) {
					return true
				}
			}
		}
		state[rule] = 2
		return false
	}
	for name, rule := range g.names {
		if visit(rule) {
			return name, true
		}
	}
	return "", false
}

func (g *grammar) rule(name string) int {
	i, known := g.names[name]
	if !known {
		i = len(g.rules)
		g.names[name] = i
		g.rules = append(g.rules, nil)
	}
	return i
}

func (g *grammar) parse(text string) ([]part, error) {
	var out []part
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			out = append(out, part{literal.String(), -1})
			literal.Reset()
		}
	}
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text):
			i++
			switch text[i] {
			case 'n':
				literal.WriteByte('\n')
			case 't':
				literal.WriteByte('\t')
			default:
				literal.WriteByte(text[i])
			}
		case text[i] == '<':
			end := strings.IndexByte(text[i:], '>')
			if end < 0 {
				return nil, fmt.Errorf("< without > in %q", text)
			}
			flush()
			out = append(out, part{rule: g.rule(text[i+1 : i+end])})
			i += end
		default:
			literal.WriteByte(text[i])
		}
	}
	flush()
	return out, nil
}

// expand appends one derivation of a rule.
func (g *grammar) expand(dst []byte, s *source, rule int) []byte {
	alternatives := g.rules[rule]
	for _, p := range alternatives[s.below(len(alternatives))] {
		if p.rule < 0 {
			dst = append(dst, p.literal...)
		} else {
			dst = g.expand(dst, s, p.rule)
		}
	}
	return dst
}

// write appends derivations of the named rule until they are at least size bytes
// long, then cuts them to size exactly, as a tool cuts its output.
func (g *grammar) write(dst []byte, s *source, name string, size int) []byte {
	rule, begin := g.names[name], len(dst)
	for len(dst)-begin < size {
		dst = g.expand(dst, s, rule)
	}
	return dst[:begin+size]
}
