package calibrate

import (
	"math"

	"plimsoll/sim/profile"
)

// factors are logarithms of what the profile's phi_decode, phi_prefill and KV pool
// are multiplied with.
type factors [3]float64

// names of the factors, in their order.
func names() [3]string { return [3]string{"phi_decode", "phi_prefill", "kv_factor"} }

// on returns a copy of the profile with the factors in it.
func (x factors) on(p *profile.Profile) *profile.Profile {
	out := p.Clone()
	r := &out.Runtime
	if r.KVFactor == (profile.Value{}) {
		r.KVFactor.Value = 1
	}
	for i, v := range [3]*profile.Value{&r.PhiDecode, &r.PhiPrefill, &r.KVFactor} {
		v.Value *= math.Exp(x[i])
	}
	return out
}

// values are the profile's own numbers times the factors.
func (x factors) values(p *profile.Profile) [3]float64 {
	r := x.on(p).Runtime
	return [3]float64{r.PhiDecode.Value, r.PhiPrefill.Value, r.KVFactor.Value}
}

func (x factors) plus(d factors) factors {
	for i := range x {
		x[i] += d[i]
	}
	return x
}
