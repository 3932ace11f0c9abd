package power

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"plimsoll"
)

// fakeBMC is a Redfish tree with values that move at every request.
type fakeBMC struct {
	mu      sync.Mutex
	tree    map[string]string // %W% stands for a moving power
	delay   time.Duration
	methods map[string]int
	paths   []string
	n       int
}

func (b *fakeBMC) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	b.n++
	b.methods[r.Method]++
	b.paths = append(b.paths, r.URL.Path)
	text, found := b.tree[strings.TrimSuffix(r.URL.Path, "/")]
	n := b.n
	b.mu.Unlock()
	time.Sleep(b.delay)
	if user, password, ok := r.BasicAuth(); !ok || user != "reader" || password != "canary" {
		http.Error(w, "who are you", http.StatusUnauthorized)
		return
	}
	if !found {
		http.NotFound(w, r)
		return
	}
	fmt.Fprint(w, strings.ReplaceAll(text, "%W%", fmt.Sprintf("%d.5", 1000+n%50)))
}

// startBMC serves a tree; paths are relative to /redfish/v1.
func startBMC(t *testing.T, b *fakeBMC, tree map[string]string) string {
	t.Helper()
	b.tree, b.methods = map[string]string{}, map[string]int{}
	for path, text := range tree {
		b.tree["/redfish/v1"+path] = strings.ReplaceAll(text, `"~`, `"/redfish/v1`)
	}
	s := httptest.NewServer(b)
	t.Cleanup(s.Close)
	return s.URL
}

func to(path string) string { return `{"@odata.id":"~` + path + `"}` }

func collection(paths ...string) string {
	list := make([]string, len(paths))
	for i, p := range paths {
		list[i] = to(p)
	}
	return `{"Members":[` + strings.Join(list, ",") + `]}`
}

func secrets(name string) string {
	return map[string]string{"U": "reader", "P": "canary"}[name]
}

const login = "?user_env=U&password_env=P"

// psus is a power subsystem of n supplies.
func psus(tree map[string]string, chassis string, n int) {
	var list []string
	for i := range n {
		supply := fmt.Sprintf("%s/PowerSubsystem/PowerSupplies/%d", chassis, i)
		list = append(list, supply)
		tree[supply] = `{"Metrics":` + to(supply+"/Metrics") + `}`
		tree[supply+"/Metrics"] = `{"InputPowerWatts":{"Reading":%W%},"OutputPowerWatts":{"Reading":900.25}}`
	}
	tree[chassis] = `{"ChassisType":"RackMount","PowerSubsystem":` + to(chassis+"/PowerSubsystem") + `,"Power":` + to(chassis+"/Power") + `}`
	tree[chassis+"/PowerSubsystem"] = `{"PowerSupplies":` + to(chassis+"/PowerSubsystem/PowerSupplies") + `}`
	tree[chassis+"/PowerSubsystem/PowerSupplies"] = collection(list...)
}

func TestRedfishTrees(t *testing.T) {
	supplies := map[string]string{"": `{"Chassis":` + to("/Chassis") + `}`, "/Chassis": collection("/Chassis/1", "/Chassis/GPU")}
	psus(supplies, "/Chassis/1", 2)
	supplies["/Chassis/GPU"] = `{"ChassisType":"Component","Links":{"ContainedBy":` + to("/Chassis/1") + `},"EnvironmentMetrics":` + to("/Chassis/GPU/EM") + `}`
	supplies["/Chassis/GPU/EM"] = `{"PowerWatts":{"Reading":700}}`
	shelf := map[string]string{"": `{"Chassis":` + to("/Chassis") + `}`, "/Chassis": collection("/Chassis/powershelf")}
	psus(shelf, "/Chassis/powershelf", 6)
	for _, tt := range []struct {
		name, at string
		tree     map[string]string
		devices  []string
	}{
		{"the chassis' own figure", "", map[string]string{
			"": `{"Chassis":` + to("/Chassis") + `}`, "/Chassis": collection("/Chassis/Self"),
			"/Chassis/Self":    `{"ChassisType":"RackMount","EnvironmentMetrics":` + to("/Chassis/Self/EM") + `}`,
			"/Chassis/Self/EM": `{"PowerWatts":{"Reading":%W%},"EnergykWh":{"Reading":12.5}}`,
		}, []string{"Chassis/Self"}},
		{"the tree of before 2020", "@node_ac", map[string]string{
			"": `{"Chassis":` + to("/Chassis") + `}`, "/Chassis": collection("/Chassis/1"),
			"/Chassis/1":       `{"ChassisType":"RackMount","Power":` + to("/Chassis/1/Power") + `}`,
			"/Chassis/1/Power": `{"PowerControl":[{"PowerConsumedWatts":%W%,"PowerMetrics":{"IntervalInMin":60,"AverageConsumedWatts":3}},{"PowerConsumedWatts":200}],"PowerSupplies":[{"MemberId":"0"}]}`,
		}, []string{"Chassis/1"}},
		{"inputs of the power supplies, and what a chassis contains only once", "@node_ac", supplies,
			[]string{"Chassis/1/PowerSubsystem/PowerSupplies/0", "Chassis/1/PowerSubsystem/PowerSupplies/1"}},
		{"outputs of the power supplies", "@node_dc", supplies,
			[]string{"Chassis/1/PowerSubsystem/PowerSupplies/0", "Chassis/1/PowerSubsystem/PowerSupplies/1"}},
		{"accelerators out of band", "@accelerator", map[string]string{
			"": `{"Systems":` + to("/Systems") + `}`, "/Systems": collection("/Systems/HGX_Baseboard_0"),
			"/Systems/HGX_Baseboard_0":                         `{"Processors":` + to("/Systems/HGX_Baseboard_0/Processors") + `}`,
			"/Systems/HGX_Baseboard_0/Processors":              collection("/Systems/HGX_Baseboard_0/Processors/GPU_SXM_1", "/Systems/HGX_Baseboard_0/Processors/CPU_0"),
			"/Systems/HGX_Baseboard_0/Processors/GPU_SXM_1":    `{"ProcessorType":"GPU","EnvironmentMetrics":` + to("/Systems/HGX_Baseboard_0/Processors/GPU_SXM_1/EM") + `}`,
			"/Systems/HGX_Baseboard_0/Processors/CPU_0":        `{"ProcessorType":"CPU","EnvironmentMetrics":` + to("/none") + `}`,
			"/Systems/HGX_Baseboard_0/Processors/GPU_SXM_1/EM": `{"PowerWatts":{"Reading":%W%}}`,
		}, []string{"Systems/HGX_Baseboard_0/Processors/GPU_SXM_1"}},
		{"superchip modules", "@module", map[string]string{
			"": `{"Chassis":` + to("/Chassis") + `}`, "/Chassis": collection("/Chassis/HGX_ProcessorModule_0", "/Chassis/Self"),
			"/Chassis/HGX_ProcessorModule_0":    `{"ChassisType":"Module","Links":{"ContainedBy":` + to("/Chassis/Self") + `},"EnvironmentMetrics":` + to("/Chassis/HGX_ProcessorModule_0/EM") + `}`,
			"/Chassis/HGX_ProcessorModule_0/EM": `{"PowerWatts":{"Reading":%W%}}`,
			"/Chassis/Self":                     `{"ChassisType":"RackMount"}`,
		}, []string{"Chassis/HGX_ProcessorModule_0"}},
		{"rack PDU, not the shelves that it feeds", "@rack", map[string]string{
			"":                                   `{"PowerEquipment":` + to("/PowerEquipment") + `,"Chassis":` + to("/Chassis") + `}`,
			"/PowerEquipment":                    `{"RackPDUs":` + to("/PowerEquipment/RackPDUs") + `,"PowerShelves":` + to("/PowerEquipment/PowerShelves") + `}`,
			"/PowerEquipment/RackPDUs":           collection("/PowerEquipment/RackPDUs/A", "/PowerEquipment/RackPDUs/B"),
			"/PowerEquipment/RackPDUs/A":         `{"Metrics":` + to("/PowerEquipment/RackPDUs/A/Metrics") + `}`,
			"/PowerEquipment/RackPDUs/A/Metrics": `{"PowerWatts":{"Reading":%W%,"ApparentVA":1,"PowerFactor":0.99},"EnergykWh":{"Reading":103.1}}`,
			"/PowerEquipment/RackPDUs/B":         `{"Metrics":` + to("/PowerEquipment/RackPDUs/B/Metrics") + `}`,
			"/PowerEquipment/RackPDUs/B/Metrics": `{"PowerWatts":{"Reading":%W%}}`,
			"/PowerEquipment/PowerShelves":       collection("/none"),
		}, []string{"PowerEquipment/RackPDUs/A", "PowerEquipment/RackPDUs/B"}},
		{"a power shelf that shows itself as a chassis", "@rack", shelf, []string{
			"Chassis/powershelf/PowerSubsystem/PowerSupplies/0", "Chassis/powershelf/PowerSubsystem/PowerSupplies/1", "Chassis/powershelf/PowerSubsystem/PowerSupplies/2",
			"Chassis/powershelf/PowerSubsystem/PowerSupplies/3", "Chassis/powershelf/PowerSubsystem/PowerSupplies/4", "Chassis/powershelf/PowerSubsystem/PowerSupplies/5"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := &fakeBMC{}
			r := open(t, "redfish:"+startBMC(t, b, tt.tree)+login+tt.at, Config{Getenv: secrets})
			for range 2 {
				list, err := r.read(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				var devices []string
				for _, one := range list {
					devices = append(devices, one.device)
					if tt.at == "@node_dc" && one.watts != 900.25 || tt.at != "@node_dc" && (one.watts < 1000 || one.watts > 1051) {
						t.Errorf("%+v", one)
					}
				}
				if !slices.Equal(devices, tt.devices) {
					t.Errorf("devices %q, want %q", devices, tt.devices)
				}
			}
			if len(b.methods) != 1 || b.methods[http.MethodGet] == 0 {
				t.Errorf("methods %v, want GET alone", b.methods)
			}
			after := len(b.paths)
			if _, err := r.read(t.Context()); err != nil || len(b.paths) != after+len(tt.devices) {
				t.Errorf("a reading took %d requests for %d devices (%v)", len(b.paths)-after, len(tt.devices), err)
			}
		})
	}
}

// TestRedfishSensor: behind a figure stands a sensor that tells when it was read; a
// repeat is no news, so slow sensors show as gaps and not as steady power.
func TestRedfishSensor(t *testing.T) {
	b := &fakeBMC{}
	tree := map[string]string{
		"": `{"Chassis":` + to("/Chassis") + `}`, "/Chassis": collection("/Chassis/1"),
		"/Chassis/1":               `{"ChassisType":"RackMount","EnvironmentMetrics":` + to("/Chassis/1/EM") + `}`,
		"/Chassis/1/EM":            `{"PowerWatts":{"Reading":1,"DataSourceUri":"~/Chassis/1/Sensors/total"}}`,
		"/Chassis/1/Sensors/total": `{"Reading":512.5,"ReadingUnits":"W","ReadingTime":"2026-11-01T00:00:01Z","SensingInterval":"PT5S","Accuracy":1.0}`,
	}
	r := open(t, "redfish:"+startBMC(t, b, tree)+login, Config{Getenv: secrets})
	for i, want := range []int{1, 0, 1} {
		if i == 2 {
			b.mu.Lock()
			b.tree["/redfish/v1/Chassis/1/Sensors/total"] = `{"Reading":513.5,"ReadingTime":"2026-11-01T00:00:06Z"}`
			b.mu.Unlock()
		}
		list, err := r.read(t.Context())
		if err != nil || len(list) != want {
			t.Fatalf("reading %d: %+v %v", i, list, err)
		}
	}
}

// TestSlowBMC: finding out goes on where a time-out cut it.
func TestSlowBMC(t *testing.T) {
	tree := map[string]string{"": `{"Chassis":` + to("/Chassis") + `}`, "/Chassis": collection("/Chassis/1")}
	psus(tree, "/Chassis/1", 4)
	b := &fakeBMC{delay: 10 * time.Millisecond}
	r := open(t, "redfish:"+startBMC(t, b, tree)+login, Config{Getenv: secrets})
	tries := 0
	for ; tries < 100; tries++ {
		ctx, cancel := context.WithTimeout(t.Context(), 120*time.Millisecond)
		list, err := r.read(ctx)
		cancel()
		if err == nil && len(list) == 4 {
			break
		}
	}
	if tries == 0 || tries == 100 {
		t.Errorf("found after %d cut tries", tries)
	}
}

func TestRedfishTrouble(t *testing.T) {
	root := `{"Chassis":` + to("/Chassis") + `}`
	for _, tt := range []struct {
		tree map[string]string
		spec string
		want string
	}{
		{map[string]string{"": root, "/Chassis": collection("/Chassis/1"), "/Chassis/1": `{}`}, login, "name the resource with path="},
		{map[string]string{"": root, "/Chassis": `[`}, login, "/redfish/v1/Chassis"},
		{map[string]string{"": root}, "", "401"},
		{map[string]string{"/X": `{"PowerWatts":{"Reading":null}}`}, login + "&path=/redfish/v1/X", "holds no power reading"},
		{map[string]string{"/X": `{"PowerControl":[{"PowerMetrics":{"IntervalInMin":60,"AverageConsumedWatts":3}}]}`}, login + "&path=/redfish/v1/X", "average over 60 min"},
		{map[string]string{}, login + "&path=//192.0.2.1/x", "no path on this host"},
	} {
		_, err := open(t, "redfish:"+startBMC(t, &fakeBMC{}, tt.tree)+tt.spec, Config{Getenv: secrets}).read(t.Context())
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%v, want %q", err, tt.want)
		}
	}
}

// TestPinnedCertificate: a BMC's own certificate is taken by its fingerprint, and
// no other is.
func TestPinnedCertificate(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"PowerWatts":{"Reading":512.5}}`)
	}))
	defer s.Close()
	pin := fingerprint(s.Certificate().Raw)
	for _, tt := range []struct {
		params string
		ok     bool
	}{{"&pin=" + pin, true}, {"&pin=" + strings.Repeat("00", 32), false}, {"", false}, {"&insecure=1", true}} {
		list, err := open(t, "redfish:"+s.URL+"?path=/x"+tt.params, Config{}).read(t.Context())
		if ok := err == nil && len(list) == 1 && list[0].watts == 512.5; ok != tt.ok {
			t.Errorf("%q: %+v %v", tt.params, list, err)
		}
	}
}

// TestShelfAndLoadDiffer: a shelf's input lags and smooths its load; over a long
// window the energies meet, and a node below its accelerators never passes.
func TestShelfAndLoadDiffer(t *testing.T) {
	w := window(10*time.Second, 610*time.Second)
	load := burst(1000.5, 600, 40)
	direct := Integrate(record("GPU", load, 0, 620*time.Second, time.Second, false), w, accelerators(1))
	smooth := burst(1000.5, 60, 40)
	shelf := Integrate(record("shelf", smooth, 0, 620*time.Second, time.Second, false), w,
		Expect{Boundary: plimsoll.BoundaryRack, Basis: plimsoll.Measured, Grade: plimsoll.G2, Source: "shelf"})
	if !direct.Valid || !shelf.Valid || math.Abs(direct.Joules-shelf.Joules) > 0.005*direct.Joules {
		t.Errorf("%.0f J and %.0f J", direct.Joules, shelf.Joules)
	}
	if shelf.MaxWatts > 0.8*direct.MaxWatts {
		t.Errorf("peaks %.0f W and %.0f W: the test's load is not bursty", direct.MaxWatts, shelf.MaxWatts)
	}
}
