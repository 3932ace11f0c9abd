package power

import (
	"strings"

	"plimsoll"
)

// quantity is what a number counts.
type quantity int

const (
	powerOf quantity = iota
	energyOf
	limitOf
)

// unit turns a number into watts or joules.
type unit struct {
	of     quantity
	factor float64
}

// unitNamed reads a unit of power or energy.
func unitNamed(name string) (unit, bool) {
	u, ok := map[string]unit{
		"W": {powerOf, 1}, "mW": {powerOf, 1e-3}, "uW": {powerOf, 1e-6}, "kW": {powerOf, 1e3},
		"J": {energyOf, 1}, "mJ": {energyOf, 1e-3}, "uJ": {energyOf, 1e-6}, "kJ": {energyOf, 1e3},
		"Wh": {energyOf, 3600}, "kWh": {energyOf, 3.6e6},
	}[name]
	return u, ok
}

// metric is one known name of an exporter. An empty unit means that the exporter
// does not document it, so that the user must say.
type metric struct {
	name   string
	maker  string // exporter
	unit   unit
	known  bool // whether the unit is
	covers plimsoll.Boundary
}

// metrics is the registry, best first within an exporter: averaged board power
// before raw, energy in joules (new name) before millijoules (old name).
func metrics() []metric {
	const (
		dcgm, amd, gaudi, kepler, bmc = "dcgm", "amd", "gaudi", "kepler", "bmc"
	)
	watts, millis, joules := unit{powerOf, 1}, unit{powerOf, 1e-3}, unit{energyOf, 1}
	acc, mod, ac, rack := plimsoll.BoundaryAccelerator, plimsoll.BoundaryModule, plimsoll.BoundaryNodeAC, plimsoll.BoundaryRack
	return []metric{
		{"DCGM_FI_DEV_BOARD_POWER_WATTS", dcgm, watts, true, acc},
		{"DCGM_FI_DEV_POWER_USAGE", dcgm, watts, true, acc},
		{"DCGM_FI_DEV_BOARD_POWER_RAW_WATTS", dcgm, watts, true, acc},
		{"DCGM_FI_DEV_POWER_USAGE_INSTANT", dcgm, watts, true, acc},
		{"DCGM_FI_DEV_GPU_ENERGY_JOULES_TOTAL", dcgm, joules, true, acc},
		{"DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", dcgm, unit{energyOf, 1e-3}, true, acc},
		{"DCGM_FI_DEV_ENFORCED_POWER_LIMIT", dcgm, unit{limitOf, 1}, true, acc},
		{"DCGM_FI_DEV_POWER_MGMT_LIMIT", dcgm, unit{limitOf, 1}, true, acc},
		{"DCGM_FI_DEV_MODULE_POWER_WATTS", dcgm, watts, true, mod},
		{"DCGM_FI_DEV_MODULE_POWER_UTIL_CURRENT", dcgm, watts, true, mod},

		{"gpu_package_power", amd, watts, true, acc},
		{"gpu_average_package_power", amd, watts, true, acc},
		{"gpu_power_usage", amd, watts, true, acc},
		{"gpu_energy_consumed", amd, unit{energyOf, 1e-6}, true, acc},

		{"habanalabs_power_mW", gaudi, millis, true, acc},
		{"habanalabs_power_default_limit_mW", gaudi, unit{limitOf, 1e-3}, true, acc},
		{"habanalabs_energy", gaudi, unit{}, false, acc},

		{"kepler_node_gpu_watts", kepler, watts, true, acc},
		{"kepler_node_gpu_joules_total", kepler, joules, true, acc},
		{"kepler_node_cpu_watts", kepler, watts, true, acc},
		{"kepler_node_cpu_joules_total", kepler, joules, true, acc},
		{"kepler_platform_watts", kepler, watts, true, ac},

		{"ipmi_dcmi_power_consumption_watts", bmc, watts, true, ac},
		{"idrac_power_supply_input_watts", bmc, watts, true, ac},
		{"idrac_power_control_consumed_watts", bmc, watts, true, ac},
		{"idrac_pdu_power_watts", bmc, watts, true, rack},
		{"idrac_pdu_energy_kwh", bmc, unit{energyOf, 3.6e6}, true, rack},
	}
}

// metricNamed finds a metric by its exact name, or an AMD one behind the prefix
// that its exporter can be given.
func metricNamed(name string) (metric, bool) {
	for _, m := range metrics() {
		if m.name == name || m.maker == "amd" && strings.HasSuffix(name, "_"+m.name) {
			m.name = name
			return m, true
		}
	}
	return metric{}, false
}
