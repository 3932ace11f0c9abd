package power

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"plimsoll"
)

// target is a spec's target taken apart: BASE?name=value&... Parameters that the
// meters know are taken out; others stay with the base, which then is a URL whose
// query the source itself reads.
type target struct {
	base   string
	params url.Values
}

// ownParams are the parameters of specs, all kinds together; never written.
var ownParams = []string{
	"also", "metric", "unit", "device", "interval", "devices", "accuracy", "pue", "query", // what is read
	"user_env", "password_env", "token_env", "community_env", "privacy_env", "privacy_file", "user_file", "password_file", "token_file", "community_file", // credentials by name
	"ca_file", "pin", "insecure", // TLS
	"mib", "version", "port", "path", "zone", "rail", "bin", "lib", "table_file", // kinds of their own
}

// parseTarget takes a spec's target apart. It refuses credentials in the text of
// the spec, because a spec is written into results, and never echoes them.
func parseTarget(spec plimsoll.PowerSpec) (target, error) {
	base, query, _ := strings.Cut(spec.Target, "?")
	fail := func(problem, hint string) (target, error) {
		return target{}, &Error{Spec: spec.Kind, Problem: problem, Hint: hint}
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return fail("the parameters after ? cannot be read", "write name=value pairs joined by &, percent-encoded")
	}
	for _, address := range append([]string{base}, values["also"]...) {
		_, rest, isURL := strings.Cut(address, "://")
		if authority, _, _ := strings.Cut(rest, "/"); isURL && strings.Contains(authority, "@") {
			return fail("the address holds credentials", "name environment variables instead: ?user_env=NAME&password_env=NAME")
		}
	}
	t := target{base: base, params: url.Values{}}
	foreign := url.Values{}
	for name, list := range values {
		switch {
		case slices.Contains(ownParams, name):
			t.params[name] = list
		case slices.Contains([]string{"user", "password", "token", "community", "secret", "key", "api_key"}, strings.ToLower(name)):
			return fail("parameter "+name+" looks like a credential", "name an environment variable or a file instead: ?"+name+"_env=NAME or ?"+name+"_file=PATH")
		default:
			foreign[name] = list
		}
	}
	if len(foreign) > 0 {
		if !strings.Contains(base, "://") {
			return fail("unknown parameter "+slices.Sorted(maps.Keys(foreign))[0], "known are "+strings.Join(ownParams, " "))
		}
		t.base += "?" + foreign.Encode()
	}
	return t, nil
}

// interval returns how often the source itself has news; 0 not stated.
func (t target) interval() (time.Duration, error) {
	text := t.params.Get("interval")
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || d > time.Hour {
		return 0, &Error{Problem: "interval " + strconv.Quote(text) + " is not a time above 0", Hint: "for example interval=30s"}
	}
	return d, nil
}

// devices returns how many devices the user expects; 0 not stated.
func (t target) devices() (int, error) {
	text := t.params.Get("devices")
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, &Error{Problem: "devices " + strconv.Quote(text) + " is not a count above 0", Hint: "for example devices=8"}
	}
	return n, nil
}

// accuracy returns the declared relative accuracy, such as 0.01; 0 not stated.
func (t target) accuracy() (float64, error) {
	text := t.params.Get("accuracy")
	if text == "" {
		return 0, nil
	}
	number, percent := strings.CutSuffix(text, "%")
	v, err := strconv.ParseFloat(number, 64)
	if percent {
		v /= 100
	}
	if err != nil || !(v > 0 && v < 1) {
		return 0, &Error{Problem: "accuracy " + strconv.Quote(text) + " is not a share between 0 and 1", Hint: "for example accuracy=0.01 or accuracy=1%25"}
	}
	return v, nil
}

// pue returns the facility's energy over IT energy; 0 not stated.
func (t target) pue() (float64, error) {
	text := t.params.Get("pue")
	if text == "" {
		return 0, nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v >= 1 && v <= 10) {
		return 0, &Error{Problem: "pue " + strconv.Quote(text) + " does not lie between 1 and 10", Hint: "for example pue=1.2"}
	}
	return v, nil
}
