package importer

import (
	"hash/fnv"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"plimsoll"
	"plimsoll/trajectory"
)

// sessions sorts a log's requests into trajectories: by session id, and by tool
// set within one, since a trajectory has one set of tools. A harness's side
// requests (titles, summaries), which carry no tools, thus stand apart.
type sessions struct {
	in    *input
	byKey map[string]*session
	order []*session
}

// session is one trajectory of a log of whole requests.
type session struct {
	*snapshots
	clock clock
}

func newSessions(in *input) *sessions { return &sessions{in: in, byKey: map[string]*session{}} }

func (l *sessions) session(id, schemas string) *session {
	if id == "" {
		id = baseName(l.in.path)
	}
	h := fnv.New64a()
	h.Write([]byte(schemas))
	key := id + "\x00" + strconv.FormatUint(h.Sum64(), 36)
	s := l.byKey[key]
	if s != nil {
		return s
	}
	for _, other := range l.order {
		if other.b.T.ID == id {
			id += "/" + strconv.Itoa(len(l.order))
			break
		}
	}
	s = &session{snapshots: newSnapshots(trajectory.NewBuilder(id), decodeChat)}
	s.branching = true
	requestFidelity(s.b.T, schemas)
	if schemas != "" {
		s.b.Tools(schemas)
	}
	l.byKey[key] = s
	l.order = append(l.order, s)
	return s
}

func (l *sessions) end() []*plimsoll.Trajectory {
	var out []*plimsoll.Trajectory
	for _, s := range l.order {
		t := s.b.T
		if len(t.Turns) == 0 {
			continue
		}
		scaffold(t)
		replies, timed := 0, false
		for i := range t.Turns {
			if len(t.Turns[i].Output) > 0 {
				replies++
			}
			timed = timed || t.Turns[i].Started > 0
		}
		if replies == len(t.Turns) {
			delete(t.Fidelity, "last_reply")
		}
		if timed {
			t.Fidelity["timing"] = plimsoll.Derived
		}
		recordedTokens(t)
		out = append(out, t)
	}
	return out
}

// functionTool is a tool schema in OpenAI's chat form.
type functionTool struct {
	Type     string   `json:"type"`
	Function function `json:"function"`
}

type function struct {
	Name        string         `json:"name"`
	Description string         `json:"description,omitzero"`
	Parameters  jsontext.Value `json:"parameters,omitempty"`
}

func encodeTools(tools []functionTool) (string, error) {
	data, err := json.Marshal(tools)
	if err != nil {
		return "", trajectory.PlainJSON(err)
	}
	return compact(data), nil
}

// stored is the conversation with a message behind it; an empty one adds nothing.
func (s *session) stored(m trajectory.Message, current []plimsoll.Span) []plimsoll.Span {
	if len(m) == 0 {
		return current
	}
	return append(current, s.b.Store(m, current))
}
