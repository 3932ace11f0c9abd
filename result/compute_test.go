package result_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll"
	"plimsoll/bundle"
	"plimsoll/result"
)

func computed(t testing.TB, d *bundle.Dir) result.Result {
	t.Helper()
	r, err := result.Compute(d)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// p25 and p95 of the formula's spread are near 0.85 and 1.27: loose is bound by
// TTFT at 0.127 (1 + (N/8)^2) = 1 s, N = 20.9; tight by speed at
// 255/(1 + N/5) = 100, N = 7.7.
func TestComputeFindsTheFormulasCapacity(t *testing.T) {
	r := computed(t, measured(t))
	if r.Partial {
		t.Fatalf("partial: %s", r.Ended)
	}
	for i, want := range []struct {
		capacity, step int
		bound          string
	}{{20, 2, "ttft"}, {7, 1, "speed"}, {0, 0, "speed"}} {
		tier := r.Tiers[i]
		if tier.Capacity == nil || *tier.Capacity > want.capacity || *tier.Capacity < want.capacity-want.step || tier.BoundBy != want.bound {
			t.Errorf("tier %s: capacity %v bound by %s, want %d less at most %d, by %s", tier.Name, tier.Capacity, tier.BoundBy, want.capacity, want.step, want.bound)
			continue
		}
		if got, want := *tier.PerAcc, float64(*tier.Capacity)/4; got != want {
			t.Errorf("tier %s: %g per accelerator, want %g", tier.Name, got, want)
		}
		if tier.PerMW == nil {
			t.Errorf("tier %s has no figure per megawatt: %s", tier.Name, tier.NoPerMW)
			continue
		}
		if got, want := tier.PerMW.Value, float64(*tier.Capacity)/0.0028; math.Abs(got-want) > 1e-6*want {
			t.Errorf("tier %s: %g per megawatt, want %g", tier.Name, got, want)
		}
		if tier.PerMW.Boundary != plimsoll.BoundaryAccelerator || tier.PerMW.Basis != plimsoll.Static || tier.PerMW.Grade != plimsoll.G0 {
			t.Errorf("tier %s: power is %+v", tier.Name, *tier.PerMW)
		}
	}
	for _, l := range r.Levels {
		if l.Turns != 24*l.Agents || l.Turns != l.OK+l.Failed+l.Cancelled+l.Censored {
			t.Errorf("level %s: ledger %d = %d + %d + %d + %d, want %d turns", l.ID, l.Turns, l.OK, l.Failed, l.Cancelled, l.Censored, 24*l.Agents)
		}
	}
}

// Every agent sends a body of 400 KB each 5 s: 70 % of 1.25 MB/s are full at 10.9
// agents; 70 open files allow 6.
func TestComputeHoldsLevelsAgainstTheGenerator(t *testing.T) {
	r := computed(t, measured(t))
	if r.Generator == nil || r.Generator.CPUs != 2 || r.Generator.Calibration.Agents != 1000 {
		t.Fatalf("load generator %+v", r.Generator)
	}
	beyond := func(over int) int { // agents of the first level beyond
		for _, l := range r.Levels {
			if l.Agents > over {
				return l.Agents
			}
		}
		return -1
	}
	want := []string{fmt.Sprintf("%d agents may need", beyond(6)), fmt.Sprintf("%d agents send about", beyond(10))}
	if len(r.Generator.Warnings) != len(want) {
		t.Fatalf("warnings %q", r.Generator.Warnings)
	}
	for i, w := range r.Generator.Warnings {
		if !strings.HasPrefix(w, want[i]) {
			t.Errorf("warning %q, want %q", w, want[i])
		}
	}
}

func TestComputeIsAFunctionOfTheFolder(t *testing.T) {
	d := measured(t)
	first := computed(t, d)
	if err := d.WriteResult(first); err != nil {
		t.Fatal(err)
	}
	again, err := bundle.Open(d.Path())
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Append(plimsoll.Event{}); err == nil {
		t.Fatal("a folder opened for reading took an event")
	}
	a, errA := json.Marshal(first)
	b, errB := json.Marshal(computed(t, again))
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	if diff := cmp.Diff(string(a), string(b)); diff != "" {
		t.Errorf("computed twice (-first +again):\n%s", diff)
	}
	var back result.Result
	if err := again.ReadResult(&back); err != nil {
		t.Fatal(err)
	}
	c, err := json.Marshal(back)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(a), string(c)); diff != "" {
		t.Errorf("read back (-written +read):\n%s", diff)
	}
}

func TestFailedTurnsReachTheTail(t *testing.T) {
	f := fixtureFacts()
	d, err := bundle.Create(filepath.Join(t.TempDir(), "run"), f, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	stage := plimsoll.Stage{Level: 1, Attempt: 1, Agents: 8, Fresh: true, Tiers: f.Tiers}
	sealFixture(t, d, stage, f.Started, func(rows []plimsoll.Row) []plimsoll.Row {
		for i := 0; i < len(rows); i += 10 {
			rows[i].Class, rows[i].FirstToken, rows[i].LastToken = plimsoll.ClassTimeout, plimsoll.Never, plimsoll.Never
		}
		return rows
	})
	r := computed(t, d)
	l := r.Levels[0]
	if !l.TTFTUnbounded || !math.IsInf(l.TTFT(), 1) || l.Failed != 20 || r.Failures[plimsoll.ClassTimeout] != 20 {
		t.Errorf("unbounded %v, failed %d, by class %v; want true, 20, 20 timeouts", l.TTFTUnbounded, l.Failed, r.Failures)
	}
	data, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), `"p95_ttft_s":null,"p95_ttft_unbounded":true`) {
		t.Errorf("level is written %s", data)
	}
	if !r.Partial || r.Comparable.Yes || r.Tiers[0].Capacity != nil || r.Tiers[0].NoPerMW == "" {
		t.Errorf("a search with one level: partial %v, tier %+v", r.Partial, r.Tiers[0])
	}
}

func TestVoidLevelIsKeptAndSaysWhy(t *testing.T) {
	f := fixtureFacts()
	d, err := bundle.Create(filepath.Join(t.TempDir(), "run"), f, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	sealFixture(t, d, plimsoll.Stage{Level: 1, Attempt: 1, Agents: 8, Fresh: true, Tiers: f.Tiers}, f.Started, func(rows []plimsoll.Row) []plimsoll.Row {
		for i := range rows { // the client was 50 ms late throughout
			rows[i].Due -= 50e6
		}
		return rows
	})
	r := computed(t, d)
	if l := r.Levels[0]; l.Validity != "void" || len(l.Reasons) == 0 || !strings.Contains(l.Reasons[0], "late") {
		t.Errorf("level is %s because %v", l.Validity, l.Reasons)
	}
	if r.Client.LagP99ms.Known() {
		t.Errorf("client's lag over valid levels is %v though none is valid", r.Client.LagP99ms)
	}
}

func TestVerifyNamesWhatDoesNotFollow(t *testing.T) {
	d := measured(t)
	r := computed(t, d)
	finish := func(v any) {
		t.Helper()
		if err := d.WriteResult(v); err != nil {
			t.Fatal(err)
		}
		if err := d.Finish(); err != nil {
			t.Fatal(err)
		}
	}
	finish(r)
	if found := verified(t, d); len(found) > 0 {
		t.Fatalf("an honest folder: %v", found)
	}
	for name, c := range map[string]struct {
		lie  func(*result.Result)
		want []string
	}{
		"capacity": {func(r *result.Result) { *r.Tiers[0].Capacity++ }, []string{"result.json tiers[loose].capacity"}},
		"verdict":  {func(r *result.Result) { r.Tiers[1].Verdicts[2].Verdict = plimsoll.Pass }, []string{"result.json tiers[tight].verdicts[0003.1].verdict"}},
		"speed":    {func(r *result.Result) { r.Levels[2].SpeedTPS *= 1.0001 }, []string{"result.json levels[0003.1].p25_speed_tps"}},
		"energy":   {func(r *result.Result) { r.Levels[2].Energy[0].Joules-- }, []string{"result.json levels[0003.1].energy[0].energy_j"}},
		"per MW":   {func(r *result.Result) { r.Tiers[0].PerMW.Value *= 2 }, []string{"result.json tiers[loose].per_megawatt.value", "result.json tiers[loose].per_megawatt_all[0].value"}},
		"simulated": {func(r *result.Result) { r.Engine.Simulated, r.Comparable.Yes = false, true },
			[]string{"result.json comparable.yes", "result.json engine.simulated"}},
		"last bit": {func(r *result.Result) {
			r.Levels[2].SpeedTPS = result.Number(math.Nextafter(float64(r.Levels[2].SpeedTPS), 0))
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			c.lie(&r)
			finish(r)
			var where []string
			for _, f := range verified(t, d) {
				where = append(where, f.Where)
			}
			if diff := cmp.Diff(c.want, where); diff != "" {
				t.Errorf("findings differ (-want +got):\n%s", diff)
			}
			r = computed(t, d)
		})
	}
	path := filepath.Join(d.Path(), bundle.LevelsDir, "0002.1", "turns.parquet")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/3] ^= 4
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	found := verified(t, d)
	if len(found) != 2 || found[0].Where != "levels/0002.1/turns.parquet" || !strings.Contains(found[1].What, "0002.1") {
		t.Errorf("a flipped byte in rows: %v", found)
	}
}

func verified(t testing.TB, d *bundle.Dir) []result.Finding {
	t.Helper()
	found, err := result.Verify(d)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// The power of a tier comes from the lowest fresh valid level with at least the
// claimed agents, repeats pooled; a void or continued level never gives it.
func TestPowerComesFromTheRightLevels(t *testing.T) {
	d := measured(t)
	f := d.Facts()
	r := computed(t, d)
	capacity := *r.Tiers[0].Capacity
	if got := r.Tiers[0].PerMW.Levels; len(got) != 1 || levelByID(t, r, got[0]).Agents != capacity {
		t.Fatalf("power of %d agents comes from %v", capacity, got)
	}
	next := len(r.Levels) + 1
	for i, s := range []plimsoll.Stage{
		{Level: next, Attempt: 1, Agents: capacity, Fresh: true, Tiers: f.Tiers},
		{Level: next + 1, Attempt: 1, Agents: capacity, Fresh: false, Tiers: f.Tiers},
		{Level: next + 2, Attempt: 1, Agents: capacity, Fresh: true, Tiers: f.Tiers[1:]},
	} {
		sealFixture(t, d, s, r.Finished, nil)
		want := 2
		if got := computed(t, d).Tiers[0].PerMW; got == nil || len(got.Levels) != want || math.Abs(got.WindowS-240) > 1e-9 {
			t.Errorf("after level %d: power is %+v, want %d levels pooled over 240 s", i+1, got, want)
		}
	}
}

func levelByID(t *testing.T, r result.Result, id string) result.Level {
	t.Helper()
	for _, l := range r.Levels {
		if l.ID == id {
			return l
		}
	}
	t.Fatalf("there is no level %s", id)
	return result.Level{}
}

// A level that was left out, or chosen by hand, is not what the search asks for.
func TestVerifyReplaysTheSearch(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(t *testing.T, d *bundle.Dir, r result.Result)
		want string
	}{
		"left out": {func(t *testing.T, d *bundle.Dir, r result.Result) {
			if err := os.RemoveAll(filepath.Join(d.Path(), bundle.LevelsDir, "0002.1")); err != nil {
				t.Fatal(err)
			}
		}, "levels/0003.1"},
		"added": {func(t *testing.T, d *bundle.Dir, r result.Result) {
			sealFixture(t, d, plimsoll.Stage{Level: len(r.Levels) + 1, Attempt: 1, Agents: 5, Fresh: true, Tiers: d.Facts().Tiers}, r.Finished, nil)
		}, "after the search had its answer"},
	} {
		t.Run(name, func(t *testing.T) {
			d := measured(t)
			c.edit(t, d, computed(t, d))
			if err := d.WriteResult(computed(t, d)); err != nil {
				t.Fatal(err)
			}
			if err := d.Finish(); err != nil {
				t.Fatal(err)
			}
			found := verified(t, d)
			if len(found) != 1 || !strings.Contains(found[0].String(), c.want) {
				t.Errorf("findings are %v, want one that says %q", found, c.want)
			}
		})
	}
}
