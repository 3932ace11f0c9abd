package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"

	"plimsoll/trajectory"
)

// startAssigned stands in the facts where an assignment says where agents begin.
const startAssigned = "assigned"

// assign reads the user's own assignment, if there is one. It must cover every level:
// the search goes no higher, and a ladder beyond it is refused.
func (j *job) assign() error {
	path := j.plan.Assignment
	if path == "" {
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("assignment: %w", err)
	}
	if j.assigned, err = trajectory.ReadAssignment(bytes.NewReader(data), j.set.Trajectories); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for _, n := range j.plan.Levels {
		if n > len(j.assigned) {
			return fmt.Errorf("%s: it says what %d agents walk, --levels asks for %d", path, len(j.assigned), n)
		}
	}
	sum := sha256.Sum256(data)
	j.facts.Assignment, j.facts.Start = hex.EncodeToString(sum[:]), startAssigned
	j.plan.MaxAgents = min(j.plan.MaxAgents, len(j.assigned))
	j.facts.MaxAgents = j.plan.MaxAgents
	return nil
}
