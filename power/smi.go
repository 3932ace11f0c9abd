package power

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"plimsoll"
)

// smiKind reads NVIDIA's command-line tool.
func smiKind() kind {
	return kind{
		name: "nvidia-smi", form: "nvidia-smi:", about: "NVIDIA's tool on this machine: board power, 1 s average on most chips",
		covers: plimsoll.BoundaryAccelerator, basis: plimsoll.Measured, grade: plimsoll.G1, source: "nvidia-smi",
		accuracy: 0.05, perAccelerator: true,
		open: func(j job) (reader, error) {
			return &command{
				name: cmp.Or(j.target.params.Get("bin"), "nvidia-smi"),
				args: []string{"--query-gpu=uuid,power.draw,enforced.power.limit", "--format=csv,noheader,nounits",
					"--loop-ms=" + strconv.FormatInt(j.cfg.Period.Milliseconds(), 10)},
				parse: parseSMI,
			}, nil
		},
	}
}

// parseSMI reads "GPU-..., 512.30, 700.00". A value that the driver does not give
// is printed in brackets, such as [N/A].
func parseSMI(line string) (reading, bool, error) {
	fields := strings.Split(line, ",")
	if len(fields) != 3 || !strings.HasPrefix(fields[0], "GPU-") {
		if line == "" || strings.HasPrefix(line, "uuid") {
			return reading{}, false, nil
		}
		return reading{}, false, fmt.Errorf("nvidia-smi says %q", shorten(line))
	}
	r := blank(fields[0])
	r.watts, r.limit = number(fields[1]), number(fields[2])
	if math.IsNaN(r.watts) {
		return reading{}, false, errors.New("nvidia-smi gives no power: " + shorten(line))
	}
	return r, true, nil
}

// amdKind reads AMD's command-line tool.
func amdKind() kind {
	return kind{
		name: "amdsmi", form: "amdsmi:", about: "AMD's amd-smi on this machine: socket power and energy",
		covers: plimsoll.BoundaryAccelerator, basis: plimsoll.Measured, grade: plimsoll.G1, source: "amd-smi",
		accuracy: 0.05, resolution: 1, perAccelerator: true,
		open: func(j job) (reader, error) {
			table := &amdTable{}
			// The tool watches in whole seconds.
			seconds := max(1, int(math.Round(j.cfg.Period.Seconds())))
			return &command{
				name:  cmp.Or(j.target.params.Get("bin"), "amd-smi"),
				args:  []string{"metric", "--power", "--energy", "--watch", strconv.Itoa(seconds), "--csv"},
				parse: table.parse,
			}, nil
		},
	}
}

// amdTable remembers the columns of the last header: the tool repeats it, and
// releases differ in their columns.
type amdTable struct {
	gpu, watts, joules int
	known              bool
}

func (t *amdTable) parse(line string) (reading, bool, error) {
	fields := strings.Split(line, ",")
	if at := indexOf(fields, "gpu"); at >= 0 {
		*t = amdTable{gpu: at, watts: -1, joules: indexOf(fields, "total_energy_consumption"), known: true}
		for _, name := range []string{"current_socket_power", "socket_power", "average_socket_power"} {
			if t.watts = indexOf(fields, name); t.watts >= 0 {
				break
			}
		}
		return reading{}, false, nil
	}
	if !t.known || len(fields) <= max(t.gpu, t.watts, t.joules) {
		return reading{}, false, nil // the tool's greeting
	}
	if _, err := strconv.Atoi(strings.TrimSpace(fields[t.gpu])); err != nil {
		return reading{}, false, fmt.Errorf("amd-smi says %q", shorten(line))
	}
	r := blank("gpu-" + strings.TrimSpace(fields[t.gpu]))
	if t.watts >= 0 {
		r.watts = number(fields[t.watts])
	}
	if t.joules >= 0 {
		r.joules = number(fields[t.joules])
	}
	if math.IsNaN(r.watts) && math.IsNaN(r.joules) {
		return reading{}, false, errors.New("amd-smi gives neither power nor energy: " + shorten(line))
	}
	return r, true, nil
}

func indexOf(fields []string, name string) int {
	for i, f := range fields {
		if strings.TrimSpace(f) == name {
			return i
		}
	}
	return -1
}

// number reads a value with or without its unit; NaN where it is none.
func number(text string) float64 {
	first, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	v, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

func shorten(line string) string {
	if len(line) > 80 {
		return line[:80] + "..."
	}
	return line
}
