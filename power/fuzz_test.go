package power

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"plimsoll"
)

// FuzzSpec: any spec either describes itself fully or is refused with a hint, and
// what it describes is written and read back alike.
func FuzzSpec(f *testing.F) {
	for _, k := range kinds() {
		form, _, _ := strings.Cut(k.form, "[")
		f.Add(form)
	}
	f.Add("redfish:https://a/b?x=1&pin=0@rack")
	f.Add("prom:http://h/?metric=a&metric=b&unit=kWh@node_ac")
	f.Fuzz(func(t *testing.T, text string) {
		var spec plimsoll.PowerSpec
		if spec.UnmarshalText([]byte(text)) != nil {
			return
		}
		e, err := Describe(spec)
		if err != nil {
			return
		}
		if !e.Boundary.Known() || e.Basis == "" || e.Grade == "" || e.Source == "" || e.Accuracy < 0 || e.Accuracy >= 1 {
			t.Errorf("%q is described as %+v", text, e)
		}
		var again plimsoll.PowerSpec
		if err := again.UnmarshalText([]byte(spec.String())); err != nil {
			t.Fatalf("%q is written as %q: %v", text, spec.String(), err)
		}
		if twice, err := Describe(again); err != nil || twice != e {
			t.Errorf("%q read back is %+v, was %+v (%v)", text, twice, e, err)
		}
	})
}

func FuzzRedfish(f *testing.F) {
	f.Add(`{"PowerWatts":{"Reading":1.5},"EnergykWh":{"Reading":2}}`)
	f.Add(`{"PowerControl":[{"PowerConsumedWatts":3}],"PowerSupplies":[{}],"Members":[{"@odata.id":"/x"}]}`)
	f.Add(`{"PowerWatts":3,"Reading":null,"ReadingTime":"x"}`)
	f.Fuzz(func(t *testing.T, text string) {
		var res resource
		if json.Unmarshal([]byte(text), &res) != nil {
			return
		}
		r := &redfish{boundary: plimsoll.BoundaryNodeAC, stamps: map[string]string{}}
		one, fresh, err := r.state(probe{uri: "/x", device: "x"}, &res)
		if fresh && (err != nil || math.IsNaN(one.watts)) {
			t.Errorf("%q: %+v %v", text, one, err)
		}
	})
}

func FuzzPrometheus(f *testing.F) {
	f.Add(`[1.5,"2"]`)
	f.Add(`[1,"NaN"]`)
	f.Add(`[[],{}]`)
	f.Fuzz(func(t *testing.T, text string) {
		var s, again stamped
		if json.Unmarshal([]byte(text), &s) != nil {
			return
		}
		written := fmt.Sprintf(`[%g,"%g"]`, s.at, s.value)
		if err := json.Unmarshal([]byte(written), &again); err != nil || again.at != s.at || again.value != s.value && !math.IsNaN(s.value) {
			t.Errorf("%q is %+v, written %s, read back %+v (%v)", text, s, written, again, err)
		}
	})
}
