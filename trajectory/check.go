package trajectory

import (
	"fmt"

	"plimsoll"
)

// Problem is one thing that is wrong with a file.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line"` // 0 the file as a whole
	Message string `json:"message"`
}

func (p Problem) String() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Message)
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message)
}

// Check reads a native file to its end and lists every line's problems. The error
// is for a file that cannot be read.
func Check(path string) ([]Problem, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []Problem
	read := 0
	err = scan(path, f, func(line int, _ *plimsoll.Trajectory, problems []error) error {
		read++
		for _, p := range problems {
			out = append(out, Problem{path, line, p.Error()})
		}
		return nil
	})
	if err != nil {
		out = append(out, Problem{File: path, Message: err.Error()})
	}
	if read == 0 {
		out = append(out, Problem{File: path, Message: "no trajectory in it"})
	}
	return out, nil
}
