package trajectory

import (
	"fmt"

	"plimsoll"
)

// Sample draws n trajectories without replacement, in the set's order. The same
// seed draws the same; a larger n draws a superset.
func (s *Set) Sample(n int, seed uint64) (*Set, error) {
	if n < 1 || n > len(s.Trajectories) {
		return nil, fmt.Errorf("sample: n is %d; it must be 1 to %d, the number of trajectories", n, len(s.Trajectories))
	}
	order := make([]int, len(s.Trajectories))
	for i := range order {
		order[i] = i
	}
	state := seed
	drawn := make([]bool, len(order))
	for i := range n {
		state += 0x9e3779b97f4a7c15
		z := state
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		z ^= z >> 31
		k := i + int(z%uint64(len(order)-i))
		order[i], order[k] = order[k], order[i]
		drawn[order[i]] = true
	}
	var out []*plimsoll.Trajectory
	for i, t := range s.Trajectories {
		if drawn[i] {
			copied := *t
			out = append(out, &copied)
		}
	}
	set, err := NewSet(s.Name, out, nil)
	if err != nil {
		return nil, err
	}
	set.Notes = append(set.Notes, s.Notes...)
	set.Notes = append(set.Notes, fmt.Sprintf("%d of %d trajectories drawn with seed %d", n, len(s.Trajectories), seed))
	return set, nil
}
