package profile

import (
	"hash/fnv"
	"math"
	"reflect"
	"strconv"
)

// Draw returns a copy of the profile in which every number is drawn uniformly from
// its own range low..high: one member of an ensemble. A draw is a hash of the seed
// and the number's place, so that members differ by their seed alone.
func (p *Profile) Draw(seed uint64) *Profile {
	out := p.Clone()
	drawIn(reflect.ValueOf(out).Elem(), strconv.FormatUint(seed, 16))
	return out
}

func drawIn(v reflect.Value, place string) {
	if value, ok := v.Interface().(Value); ok {
		if value.High > value.Low {
			value.Value = value.Low + (value.High-value.Low)*uniform(place)
			v.Set(reflect.ValueOf(value))
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			drawIn(v.Field(i), place+"."+v.Type().Field(i).Name)
		}
	case reflect.Slice:
		for i := range v.Len() {
			drawIn(v.Index(i), place+"["+strconv.Itoa(i)+"]")
		}
	}
}

// Clone returns a copy that shares nothing with the profile.
func (p *Profile) Clone() *Profile {
	out := *p
	unshare(reflect.ValueOf(&out).Elem())
	return &out
}

func unshare(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			unshare(v.Field(i))
		}
	case reflect.Slice:
		copied := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(copied, v)
		for i := range copied.Len() {
			unshare(copied.Index(i))
		}
		v.Set(copied)
	}
}

// uniform hashes a place to [0, 1).
func uniform(place string) float64 {
	h := fnv.New64a()
	h.Write([]byte(place)) // never fails
	x := h.Sum64()
	x ^= x >> 32 // FNV's high bits move little for a late change
	x *= 0x9e3779b97f4a7c15
	x ^= x >> 29
	return float64(x>>11) / math.Exp2(53)
}
