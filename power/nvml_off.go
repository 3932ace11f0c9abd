//go:build !nvml || !linux

package power

import "plimsoll"

// openNVML stands in for the library by nvidia-smi.
func openNVML(j job) (reader, error) {
	if j.expect.Boundary == plimsoll.BoundaryModule {
		return nil, j.fail("module power needs the library", "use a build with the tag nvml, or dcgm:URL@module", nil)
	}
	if j.target.params.Get("lib") != "" {
		return nil, j.fail("this build opens no library", "build with -tags nvml", nil)
	}
	return smiKind().open(j)
}
