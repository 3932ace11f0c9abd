package importer

import (
	"os"

	"plimsoll/trajectory"
)

// Check lists the problems of a file: every one of a native file, the first one of
// any other, whose importer takes it as a whole or not at all. The error is for a
// path that cannot be opened.
func Check(path string) ([]trajectory.Problem, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	format, err := detect(fileInput(path))
	if err == nil && format == "native" {
		return trajectory.Check(path)
	}
	if err == nil {
		_, _, err = Import(path, format)
	}
	if err != nil {
		return []trajectory.Problem{{File: path, Message: err.Error()}}, nil
	}
	return nil, nil
}
