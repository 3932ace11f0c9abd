// Package power reads power meters and integrates what they say over a window.
//
// # Meters
//
// A meter is named KIND[:TARGET][@BOUNDARY]; [Kinds] lists the kinds. [New] makes
// one, [Collect] runs several beside a load, each in a goroutine of its own with
// time-outs, so that a slow source delays nobody. Every reading becomes a
// plimsoll.Sample, a failed one too.
//
// Parameters follow the target after a question mark, joined by &:
//
//	also=TARGET    a further source of the same kind, whose devices add up
//	interval=30s   how often the source has news (dcgm-exporter's own default)
//	devices=8      how many devices must be there
//	accuracy=1%25  the meter's stated accuracy; from the wall at most 1 % is grade G3
//	pue=1.2        gives the facility's figure as well, estimated; at the wall or further out
//	NAME_env=VAR, NAME_file=PATH   credentials: user, password, token, community
//	ca_file=PATH, pin=SHA256, insecure=1   TLS
//
// # Figures
//
// [Integrate] is pure: samples of one meter, a window and what is expected of the
// meter in, a plimsoll.Energy out. [Describe] derives the expectation from the
// meter's spec alone, so a figure can be computed again from a run folder:
// [Energies] does so for all meters. A figure that cannot be defended is invalid
// and carries reason codes; nothing is filled in or extrapolated.
package power
