package result

import (
	"slices"
	"strings"
)

// Variation is a setting in which entries differ: one value an entry, "" where it says
// nothing.
type Variation struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
}

// launchCommand is the setting that is compared flag by flag.
const launchCommand = "launch_command"

// vary lists the settings that differ between entries that say any: what a sweep
// varied. Entries without settings (published ones) are left out of the question.
func vary(entries []Entry) []Variation {
	var names []string
	settings := make([]map[string]string, len(entries))
	for i, e := range entries {
		settings[i] = withFlags(e.Settings)
		for name := range settings[i] {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	out := []Variation{}
	for _, name := range names {
		v := Variation{Name: name}
		said := map[string]bool{}
		for i := range entries {
			value := settings[i][name]
			v.Values = append(v.Values, value)
			if len(entries[i].Settings) > 0 {
				said[value] = true
			}
		}
		if len(said) > 1 {
			out = append(out, v)
		}
	}
	return out
}

// withFlags splits the launch command into its flags, so that a sweep over one of them
// names it.
func withFlags(settings map[string]string) map[string]string {
	out := make(map[string]string, len(settings))
	for name, value := range settings {
		if name != launchCommand {
			out[name] = value
			continue
		}
		rest := []string{}
		words := strings.Fields(value)
		for i := 0; i < len(words); i++ {
			flag, inline, joined := strings.Cut(words[i], "=")
			switch {
			case !strings.HasPrefix(flag, "-"):
				rest = append(rest, words[i])
			case joined:
				out[launchCommand+" "+flag] = inline
			case i+1 < len(words) && !strings.HasPrefix(words[i+1], "-"):
				out[launchCommand+" "+flag] = words[i+1]
				i++
			default:
				out[launchCommand+" "+flag] = "given"
			}
		}
		out[name] = strings.Join(rest, " ")
	}
	return out
}
