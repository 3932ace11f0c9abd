package trajectory_test

import (
	"reflect"
	"strings"
	"testing"

	"plimsoll"
	"plimsoll/trajectory"
)

func TestReadAssignment(t *testing.T) {
	set := []*plimsoll.Trajectory{{ID: "a"}, {ID: "b"}}
	got, err := trajectory.ReadAssignment(strings.NewReader(`{"agent":0,"trajectories":["b","a"],"offset":3}

{"agent":1,"trajectories":["a"]}
`), set)
	want := []plimsoll.Assigned{{Trajectories: []int{1, 0}, Offset: 3}, {Trajectories: []int{0}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	for text, hint := range map[string]string{
		"":                                                    "no agent",
		`{"agent":1,"trajectories":["a"]}`:                    "want agent 0",
		`{"trajectories":["a"]}`:                              "want agent 0",
		`{"agent":0,"trajectories":[]}`:                       "no trajectory",
		`{"agent":0,"trajectories":["c"]}`:                    `"c"`,
		`{"agent":0,"trajectories":["a"],"x":1}`:              "unknown field",
		`{"agent":0,"trajectories":["a"]} {}`:                 "more than one",
		`{"agent":0,"trajectories":["a"],"offset":-1}` + "\n": "negative",
		"{\"agent\":0,\"trajectories\":[\"a\"]}\nx":           "line 2",
	} {
		if _, err := trajectory.ReadAssignment(strings.NewReader(text), set); err == nil || !strings.Contains(err.Error(), hint) {
			t.Errorf("%s: %v, want it to say %q", text, err, hint)
		}
	}
}

func FuzzReadAssignment(f *testing.F) {
	f.Add([]byte(`{"agent":0,"trajectories":["a"],"offset":3}`))
	set := []*plimsoll.Trajectory{{ID: "a"}, {ID: "b"}}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := trajectory.ReadAssignment(strings.NewReader(string(data)), set)
		for _, a := range got {
			if err != nil || len(a.Trajectories) == 0 || a.Offset < 0 {
				t.Fatalf("%+v, %v", got, err)
			}
		}
	})
}
