package report

import (
	"bytes"
	"encoding/csv"
	"regexp"
	"strings"
	"testing"
	"time"

	"plimsoll"
	"plimsoll/plan"
)

// planFixture is a plan of two systems with hostile names, one with everything that
// a result can say and one simulated.
func planFixture(t testing.TB) plan.Plan {
	t.Helper()
	tier := func(speed float64, ttft time.Duration) plimsoll.Tier {
		return plimsoll.Tier{SpeedTPS: speed, TTFT: ttft}
	}
	full := plan.System{
		Name: "node <script>\x1b[31m", Evidence: plan.Measured, Source: "runs/a & b", Accelerator: "X1", Preset: "standard", Method: "certified", Model: "m",
		Unit: plan.Unit{Name: "node", Accelerators: 8, Power: []plan.Figure{
			{Boundary: plimsoll.BoundaryAccelerator, Watts: 700, Source: "rated"}, {Boundary: plimsoll.BoundaryNodeAC, Watts: 1275, Source: "plate"}}},
		Capacities: []plan.Capacity{
			{Tier: tier(30, 10*time.Second), Accelerators: 8, Agents: 84, Low: 80, High: 93, Span: "95 % interval", CycleS: 12, ToolS: 2, Densities: []plimsoll.PerMegawatt{
				{Value: 16071, Boundary: plimsoll.BoundaryAccelerator, Basis: plimsoll.Measured, Source: "telemetry", Grade: plimsoll.G1, MeanW: 5226.8}}},
			{Tier: tier(100, 5*time.Second), Accelerators: 8, Agents: 31, CycleS: 9, ToolS: 2},
		},
	}
	other := full
	other.Name, other.Evidence, other.Capacities = "rehearsal", plan.Simulated, full.Capacities[:1]
	p, err := plan.Compute(plan.Request{
		Systems: []plan.System{full, other}, Power: 1e6, At: plan.LevelFacility, PUE: 1.2, Reserve: 0.05, Diversity: 1, RackPower: 40e3,
		Redundancy: plan.Redundancy{Spare: 1}, Headroom: 0.1, KV: plan.KVEngine, Idle: 0.4, Day: []float64{0.5, 1}, WithSimulated: true,
		Population: &plan.Population{Active: 0.2, Sessions: 1, Blocking: 0.001, Model: plan.ErlangB}, Price: plan.Price{GPUHour: 2},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPlanTerminal(t *testing.T) {
	var b bytes.Buffer
	if err := PlanTerminal(&b, planFixture(t), TerminalOptions{Width: 110}); err != nil {
		t.Fatal(err)
	}
	golden(t, "plan.txt", b.Bytes())
	if strings.ContainsRune(b.String(), 0x1b) {
		t.Error("a system's name reached the terminal with its control bytes")
	}
}

func TestPlanCharts(t *testing.T) {
	a := planFixture(t).Systems[0]
	var charts []Chart
	if c, ok := ladder(a, "ladder1"); ok {
		charts = append(charts, c)
	}
	for i, m := range measures(a) {
		if c, ok := tornado(a, m, []string{"tornado-agents", "tornado-cost"}[i]); ok {
			charts = append(charts, c)
		}
	}
	if len(charts) != 3 {
		t.Fatalf("%d charts, want 3", len(charts))
	}
	for _, c := range charts {
		golden(t, c.ID+".svg", []byte(c.SVG))
		checkXML(t, c.ID, string(c.SVG))
		if c.Title == "" || c.Desc == "" || len(c.Table.Rows) == 0 {
			t.Errorf("chart %s lacks title, description or data", c.ID)
		}
	}
}

func TestPlanHTML(t *testing.T) {
	var b bytes.Buffer
	if err := PlanHTML(&b, planFixture(t)); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	if n := strings.Count(page, "<script"); n != 1 || !strings.Contains(page, "<script>"+Script()+"</script>") {
		t.Errorf("the page holds %d scripts, want our own one", n)
	}
	for _, forbidden := range []string{"src=", "@import", "url(", "<link", "<iframe", "%!"} {
		if strings.Contains(page, forbidden) {
			t.Errorf("the page holds %s", forbidden)
		}
	}
	for _, want := range []string{"holds simulated systems", "simulated", "95 % interval", "PUE 1.2", "densest", "Erlang B", "16,071"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if ids[m[1]] {
			t.Errorf("id %s is there twice", m[1])
		}
		ids[m[1]] = true
	}
}

func TestPlanCSV(t *testing.T) {
	var b bytes.Buffer
	if err := PlanCSV(&b, planFixture(t)); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(rows) != 3 || rows[2][1] != "simulated" {
		t.Errorf("%v: %v", err, rows)
	}
}
