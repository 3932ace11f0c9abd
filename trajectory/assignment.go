package trajectory

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"plimsoll"
)

// maxAssignment bounds an assignment file, bytes.
const maxAssignment = 64 << 20

// ReadAssignment reads which trajectories each agent walks: JSON Lines, one an agent,
// of agents 0, 1, 2 and so on, that name trajectories of the set:
//
//	{"agent": 0, "trajectories": ["fix-parser", "add-cache"], "offset": 4}
//
// offset, 0 where it is missing, is how many turns the agent's first walk leaves out.
func ReadAssignment(r io.Reader, set []*plimsoll.Trajectory) ([]plimsoll.Assigned, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxAssignment+1))
	if err != nil {
		return nil, fmt.Errorf("assignment: %w", err)
	}
	if len(data) > maxAssignment {
		return nil, fmt.Errorf("assignment: larger than %d MiB", maxAssignment>>20)
	}
	byID := map[string]int{}
	for i, t := range set {
		byID[t.ID] = i
	}
	var out []plimsoll.Assigned
	for i, text := range bytes.Split(data, []byte("\n")) {
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		one, err := readAssigned(text, len(out), byID)
		if err != nil {
			return nil, fmt.Errorf("assignment: line %d: %w", i+1, err)
		}
		out = append(out, one)
	}
	if len(out) == 0 {
		return nil, errors.New("assignment: no agent in it: give a line an agent")
	}
	return out, nil
}

func readAssigned(text []byte, want int, byID map[string]int) (plimsoll.Assigned, error) {
	var line struct {
		Agent        *int     `json:"agent"`
		Trajectories []string `json:"trajectories"`
		Offset       int      `json:"offset"`
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&line); err != nil {
		return plimsoll.Assigned{}, err
	}
	switch {
	case d.More():
		return plimsoll.Assigned{}, errors.New("more than one object")
	case line.Agent == nil || *line.Agent != want:
		return plimsoll.Assigned{}, fmt.Errorf("want agent %d: agents come in order, from 0", want)
	case len(line.Trajectories) == 0:
		return plimsoll.Assigned{}, fmt.Errorf("agent %d walks no trajectory", want)
	case line.Offset < 0:
		return plimsoll.Assigned{}, fmt.Errorf("agent %d: offset %d must not be negative", want, line.Offset)
	}
	out := plimsoll.Assigned{Offset: line.Offset}
	for _, id := range line.Trajectories {
		i, ok := byID[id]
		if !ok {
			return plimsoll.Assigned{}, fmt.Errorf("agent %d: the set has no trajectory %q", want, id)
		}
		out.Trajectories = append(out.Trajectories, i)
	}
	return out, nil
}
