package plan

import (
	"encoding"
	"fmt"
	"net/url"
	"strconv"
	"time"
)

// Query reads a request from the fields of a form, named and defaulted like the
// flags of plimsoll plan; Systems is left to the caller. An unknown field is an
// error, an empty one is not there.
func Query(values url.Values) (Request, error) {
	r := Request{At: LevelFacility, PUE: 1.2, Reserve: 0.05, Diversity: 1, KV: KVEngine, Idle: 1}
	people := Population{Active: 0.2, Sessions: 1, Blocking: 0.001, Model: ErlangB}
	years := 4.0
	into := func(to encoding.TextUnmarshaler) func(string) error {
		return func(s string) error { return to.UnmarshalText([]byte(s)) }
	}
	fields := map[string]func(string) error{
		"power": into(&r.Power), "boundary": func(s string) error { r.At = Level(s); return nil }, "units": whole(&r.Units), "racks": whole(&r.Racks),
		"rack-power": into(&r.RackPower), "pue": decimal(&r.PUE), "reserve": into(&r.Reserve), "diversity": decimal(&r.Diversity),
		"tier": text(&r.Tier), "mix": into(&r.Mix), "redundancy": into(&r.Redundancy), "headroom": into(&r.Headroom), "kv-regime": text(&r.KV),
		"tool-time": func(s string) (err error) { r.ToolTime, err = time.ParseDuration(s); return err },
		"agents":    whole(&r.Agents), "users": whole(&people.Users), "growth": into(&people.Growth), "active": into(&people.Active),
		"sessions": decimal(&people.Sessions), "blocking": into(&people.Blocking), "traffic": text(&people.Model),
		"gpu-hour": decimal(&r.Price.GPUHour), "capex": decimal(&r.Price.Capex), "kwh": decimal(&r.Price.KWh), "years": decimal(&years), "idle-power": into(&r.Idle),
	}
	for name, given := range values {
		read, known := fields[name]
		if !known {
			return Request{}, fmt.Errorf("plan: no field %q", name)
		}
		for _, value := range given {
			if value == "" {
				continue
			}
			if err := read(value); err != nil {
				return Request{}, fmt.Errorf("plan: %s: %w", name, err)
			}
		}
	}
	if r.Agents == 0 || people.Users != 0 {
		r.Population = &people
	}
	if r.Price.Capex > 0 {
		r.Price.Years = years
	}
	return r, nil
}

func whole(to *int) func(string) error {
	return func(s string) (err error) { *to, err = strconv.Atoi(s); return err }
}

func decimal(to *float64) func(string) error {
	return func(s string) (err error) { *to, err = strconv.ParseFloat(s, 64); return err }
}

func text(to *string) func(string) error {
	return func(s string) error { *to = s; return nil }
}
