package importer

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"plimsoll"
	"plimsoll/token"
	"plimsoll/trajectory"
)

// Load reads a file or folder in the native or any importable format, told apart
// by content, and makes a set of it, counted with c (nil keeps the recorded
// counts). Turns whose reply was not recorded cannot be replayed and are left out;
// the set's Notes say how many.
func Load(path string, c token.Counter) (*trajectory.Set, error) {
	ts, _, err := Import(path, "auto")
	if err != nil {
		return nil, err
	}
	var notes []string
	if n := trajectory.DropReplyless(ts); n > 0 {
		notes = append(notes, fmt.Sprintf("%d turns left out: the recording does not hold their replies", n))
	}
	kept := ts[:0]
	filled := 0
	for _, t := range ts {
		if len(t.Turns) == 0 {
			continue
		}
		kept = append(kept, t)
		if trajectory.FillText(t) {
			filled++
		}
	}
	if filled > 0 {
		notes = append(notes, fmt.Sprintf("%d trajectories hold lengths instead of text in places: filler text of that length stands there, with the recorded block sharing", filled))
	}
	recorded := firstPrompts(kept)
	set, err := trajectory.NewSet(trajectory.SetName(path), kept, c)
	if err != nil {
		return nil, err
	}
	if less := recorded - firstPrompts(kept); recorded > 0 && 10*less > recorded {
		notes = append(notes, fmt.Sprintf("first prompts are %.0f tokens shorter than recorded on average: the recording does not hold all that was sent (system prompt, tool schemas)", less))
	}
	set.Notes = notes
	return set, nil
}

// firstPrompts is the mean size of the trajectories' first prompts.
func firstPrompts(ts []*plimsoll.Trajectory) float64 {
	sum := 0.0
	for _, t := range ts {
		sum += float64(t.Turns[0].PromptTokens) / float64(len(ts))
	}
	return sum
}

// Import reads a file or folder as it is recorded, in the named format ("auto":
// told by content, "native": the native format), and returns the format's name.
func Import(path, format string) ([]*plimsoll.Trajectory, string, error) {
	in := fileInput(path)
	if format == "auto" {
		name, err := detect(in)
		if err != nil {
			return nil, "", err
		}
		format = name
	}
	if format == "native" {
		ts, err := readNative(in)
		return ts, format, err
	}
	f, err := byName(format)
	if err != nil {
		return nil, "", err
	}
	ts, err := f.read(in)
	if err != nil {
		return nil, "", fmt.Errorf("import as %s: %w", f.Name, err)
	}
	if len(ts) == 0 {
		return nil, "", fmt.Errorf("import as %s: %s: no turn in it", f.Name, path)
	}
	for _, t := range ts {
		t.Source.Format = f.Name
	}
	if p := trajectory.SetProblems(ts); len(p) > 0 {
		return nil, "", fmt.Errorf("import as %s: %s: %w", f.Name, path, p[0])
	}
	return ts, f.Name, nil
}

// detect tells the format of a file by its content: a name of Formats, or
// "native". It looks at the beginning first, and at more of it where that does
// not tell.
func detect(in *input) (string, error) {
	if info, err := os.Stat(in.path); err == nil && info.IsDir() {
		return detectFolder(in.path)
	}
	var h head
	for _, size := range [...]int64{headBytes, 16 * headBytes} {
		r, err := in.open()
		if err != nil {
			return "", err
		}
		h = readHead(io.LimitReader(r, size))
		if err := r.Close(); err != nil {
			return "", fmt.Errorf("%s: %w", in.path, err)
		}
		if h.first().members["format"] == trajectory.Format {
			return "native", nil
		}
		for _, f := range Formats() {
			if f.is(h) {
				return f.Name, nil
			}
		}
	}
	if len(h) == 0 && strings.HasSuffix(in.path, ".age") {
		return "", fmt.Errorf("%s: a sealed set; open it with its key (plimsoll trajectories open --identity-env)", in.path)
	}
	if len(h) == 0 {
		return "", fmt.Errorf("%s: no JSON in it; trajectories are JSON or JSONL files, plain or .zst", in.path)
	}
	return "", fmt.Errorf("%s: no known format; name it with --format if you know it", in.path)
}

// detectFolder tells the formats that are folders by the files in them.
func detectFolder(dir string) (string, error) {
	for _, f := range [...]struct{ file, format string }{{"manifest.json", "agentperf-local"}, {"context.jsonl", "kimi-cli"}} {
		if _, err := os.Stat(filepath.Join(dir, f.file)); err == nil {
			return f.format, nil
		}
	}
	return "", fmt.Errorf("%s: a folder with neither manifest.json (agentperf-local) nor context.jsonl (kimi-cli); name its files", dir)
}

func readNative(in *input) (ts []*plimsoll.Trajectory, err error) {
	r, err := in.open()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return trajectory.Read(in.path, r)
}
