package importer

import "strings"

// toolClass puts a tool into one of the classes that delays are drawn by, from
// the name that its harness gives it. Harnesses that have a shell only are all
// shell: what a command does is not guessed.
func toolClass(name string) string {
	name = strings.ToLower(name)
	for _, c := range [...]struct{ class, words string }{
		{"test", "test pytest"},
		{"build", "build compile"},
		{"edit", "edit write patch replace multiedit create_file insert"},
		{"search", "grep glob search find rg"},
		{"read", "read view cat open ls list"},
		{"shell", "bash shell exec terminal run command execute ipython"},
	} {
		for word := range strings.FieldsSeq(c.words) {
			if strings.Contains(name, word) {
				return c.class
			}
		}
	}
	return "other"
}
