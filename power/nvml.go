package power

import "plimsoll"

// nvmlKind reads NVIDIA's management library. A build with the tag nvml opens the
// library itself; any other build asks nvidia-smi, which has no energy counter.
func nvmlKind() kind {
	return kind{
		name: "nvml", form: "nvml:[@module]", about: "NVIDIA accelerators of this machine: the library in builds with the tag nvml, else nvidia-smi",
		covers: plimsoll.BoundaryAccelerator, claims: []plimsoll.Boundary{plimsoll.BoundaryModule},
		basis: plimsoll.Measured, grade: plimsoll.G1, source: "NVIDIA management library",
		accuracy: 0.05, resolution: 1, perAccelerator: true,
		open: openNVML,
	}
}
