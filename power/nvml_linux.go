//go:build nvml

package power

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"unsafe"

	"github.com/ebitengine/purego"

	"plimsoll"
)

// openNVML opens the library at the first reading, so that a machine without a
// driver has failed readings and not a failed run.
func openNVML(j job) (reader, error) {
	return &nvml{path: cmp.Or(j.target.params.Get("lib"), "libnvidia-ml.so.1"), module: j.expect.Boundary == plimsoll.BoundaryModule}, nil
}

// nvml is the open library. The calls are NVML's own names; a status of 0 is
// success, 3 is not supported.
type nvml struct {
	path   string
	module bool
	open   bool

	handle   uintptr
	start    func() int32
	shutdown func() int32
	count    func(*uint32) int32
	byIndex  func(uint32, *uintptr) int32
	uuid     func(uintptr, *byte, uint32) int32
	power    func(uintptr, *uint32) int32
	energy   func(uintptr, *uint64) int32
	limit    func(uintptr, *uint32) int32
	fields   func(uintptr, int32, *fieldValue) int32
	text     func(int32) string
}

// fieldValue is nvmlFieldValue_t.
type fieldValue struct {
	field, scope   uint32
	stamp, latency int64
	valueType      uint32
	status         int32
	value          [8]byte
}

const (
	nvmlSuccess      = 0
	nvmlNotSupported = 3
	fieldPowerMean   = 185 // NVML_FI_DEV_POWER_AVERAGE, mW
	scopeModule      = 1   // NVML_POWER_SCOPE_MODULE
)

// load resolves every symbol before it is used: purego would panic on a missing
// one, and old drivers lack some.
func (n *nvml) load() error {
	handle, err := purego.Dlopen(n.path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return fmt.Errorf("opening %s: %w", n.path, err)
	}
	for name, into := range map[string]any{
		"nvmlInit_v2": &n.start, "nvmlShutdown": &n.shutdown, "nvmlDeviceGetCount_v2": &n.count,
		"nvmlDeviceGetHandleByIndex_v2": &n.byIndex, "nvmlDeviceGetUUID": &n.uuid,
		"nvmlDeviceGetPowerUsage": &n.power, "nvmlDeviceGetTotalEnergyConsumption": &n.energy,
		"nvmlDeviceGetEnforcedPowerLimit": &n.limit, "nvmlDeviceGetFieldValues": &n.fields, "nvmlErrorString": &n.text,
	} {
		symbol, err := purego.Dlsym(handle, name)
		if err != nil {
			return errors.Join(fmt.Errorf("%s has no %s: %w", n.path, name, err), purego.Dlclose(handle))
		}
		purego.RegisterFunc(into, symbol)
	}
	if status := n.start(); status != nvmlSuccess {
		return errors.Join(n.failed("nvmlInit_v2", status), purego.Dlclose(handle))
	}
	n.handle, n.open = handle, true
	return nil
}

func (n *nvml) failed(call string, status int32) error {
	return fmt.Errorf("%s: %s (%d)", call, n.text(status), status)
}

func (n *nvml) read(context.Context) ([]reading, error) {
	if !n.open {
		if err := n.load(); err != nil {
			return nil, err
		}
	}
	var count uint32
	if status := n.count(&count); status != nvmlSuccess {
		return nil, n.failed("nvmlDeviceGetCount_v2", status)
	}
	var list []reading
	for i := range count {
		one, err := n.device(i)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	if len(list) == 0 {
		return nil, &noted{reason: ReasonSamplesMissing, err: errors.New("the driver sees no device")}
	}
	return list, nil
}

// device reads one device. Power that is not supported leaves a hole where there
// is an energy counter, and is an error where there is none.
func (n *nvml) device(index uint32) (reading, error) {
	var handle uintptr
	if status := n.byIndex(index, &handle); status != nvmlSuccess {
		return reading{}, n.failed("nvmlDeviceGetHandleByIndex_v2", status)
	}
	var id [96]byte
	if status := n.uuid(handle, &id[0], uint32(len(id))); status != nvmlSuccess {
		return reading{}, n.failed("nvmlDeviceGetUUID", status)
	}
	name, _, _ := bytes.Cut(id[:], []byte{0})
	one := blank(string(name))
	if n.module {
		return n.modulePower(handle, one)
	}
	var milliwatts, limit uint32
	var millijoules uint64
	status := n.power(handle, &milliwatts)
	switch status {
	case nvmlSuccess:
		one.watts = float64(milliwatts) / 1e3
	case nvmlNotSupported:
	default:
		return reading{}, n.failed("nvmlDeviceGetPowerUsage", status)
	}
	counted := n.energy(handle, &millijoules)
	if counted == nvmlSuccess {
		one.joules = float64(millijoules) / 1e3
	}
	if status != nvmlSuccess && counted != nvmlSuccess {
		return reading{}, n.failed("neither power nor energy: nvmlDeviceGetTotalEnergyConsumption", counted)
	}
	if n.limit(handle, &limit) == nvmlSuccess {
		one.limit = float64(limit) / 1e3
	}
	return one, nil
}

// modulePower reads the power of a superchip's whole module.
func (n *nvml) modulePower(handle uintptr, one reading) (reading, error) {
	f := fieldValue{field: fieldPowerMean, scope: scopeModule}
	if status := n.fields(handle, 1, &f); status != nvmlSuccess {
		return reading{}, n.failed("nvmlDeviceGetFieldValues", status)
	}
	if f.status != nvmlSuccess {
		return reading{}, n.failed("module power", f.status)
	}
	one.watts = float64(*(*uint32)(unsafe.Pointer(&f.value[0]))) / 1e3
	return one, nil
}

func (n *nvml) close() error {
	if !n.open {
		return nil
	}
	n.open = false
	if status := n.shutdown(); status != nvmlSuccess {
		return n.failed("nvmlShutdown", status)
	}
	return purego.Dlclose(n.handle)
}
