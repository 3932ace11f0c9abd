package importer_test

import (
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"plimsoll"
	"plimsoll/token"
	"plimsoll/trajectory"
	"plimsoll/trajectory/importer"
)

// sharedFolder returns the folder of real recordings.
func sharedFolder(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("PLIMSOLL_RECORDINGS")
	if dir == "" {
		t.Skip("real recordings are missing: set PLIMSOLL_RECORDINGS to a folder that holds trajectories/")
	}
	return filepath.Join(dir, "trajectories")
}

// TestRealRecordings imports every real recording, and gets every text of it back
// through MLPerf rows.
func TestRealRecordings(t *testing.T) {
	files, formats := 0, map[string]bool{}
	err := filepath.WalkDir(sharedFolder(t), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "NOTE" {
			return err
		}
		files++
		ts, format, err := importer.Import(path, "auto")
		if err != nil {
			t.Errorf("%v", err)
			return nil
		}
		formats[format] = true
		for _, tr := range ts {
			if len(tr.Fidelity) == 0 {
				t.Errorf("%s: %s says nothing of its fidelity", path, tr.ID)
			}
		}
		exportKeepsText(t, path, ts)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 20 || len(formats) < 12 {
		t.Errorf("%d files in %d formats; the folder is not what it was", files, len(formats))
	}
}

// exportKeepsText writes MLPerf rows and looks for every text in them.
func exportKeepsText(t *testing.T, path string, ts []*plimsoll.Trajectory) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "rows.jsonl")
	if err := trajectory.Export(out, "mlperf", ts); err != nil {
		t.Errorf("%s: %v", path, err)
		return
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var texts strings.Builder
	for line := range strings.Lines(string(data)) {
		var row any
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		gather(&texts, row)
	}
	all := texts.String()
	for _, tr := range ts {
		listed := map[int]bool{}
		for _, turn := range tr.Turns {
			for _, spans := range [][]plimsoll.Span{turn.Prompt, turn.Output} {
				for _, s := range spans {
					for i := s.From; i < s.To; i++ {
						listed[i] = true
					}
				}
			}
		}
		for i, s := range tr.Segments {
			if s.Kind != plimsoll.KindTools && listed[i] && !strings.Contains(all, s.Text) {
				t.Errorf("%s: %s: the text of segment %d (%s) is lost: %.60q", path, tr.ID, i, s.Kind, s.Text)
				return
			}
		}
	}
}

// gather collects every string of a JSON value.
func gather(b *strings.Builder, v any) {
	switch v := v.(type) {
	case string:
		b.WriteString(v)
		b.WriteByte('\n')
	case []any:
		for _, x := range v {
			gather(b, x)
		}
	case map[string]any:
		for _, x := range v {
			gather(b, x)
		}
	}
}

// TestMLPerfComesBack exports the MLPerf sample and imports it again.
func TestMLPerfComesBack(t *testing.T) {
	path := filepath.Join(sharedFolder(t), "mlperf-endpoints", "agentic_coding_sample.jsonl")
	first, err := importer.Load(path, token.Bytes4{})
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "agentic_coding_sample.jsonl")
	if err := trajectory.Export(out, "mlperf", first.Trajectories); err != nil {
		t.Fatal(err)
	}
	second, err := importer.Load(out, token.Bytes4{})
	if err != nil {
		t.Fatal(err)
	}
	if first.SHA256 != second.SHA256 {
		t.Error("the set is not the same after a round trip")
	}
}

// TestWekaHitRate compares the ideal hit rate with the one computed from the block
// ids alone.
func TestWekaHitRate(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(sharedFolder(t), "weka", "*.json"))
	if err != nil || len(paths) < 8 {
		t.Fatalf("%d files, error %v", len(paths), err)
	}
	branches := 0
	for _, path := range paths {
		ts, _, err := importer.Import(path, "auto")
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var trace wekaTrace
		if err := json.Unmarshal(data, &trace); err != nil {
			t.Fatal(err)
		}
		total, cached := trace.hits()
		gotTotal, gotCached := 0, 0
		for i, hit := range trajectory.IdealCached(ts[0]) {
			gotTotal += ts[0].Turns[i].PromptTokens
			gotCached += hit
			branches = max(branches, ts[0].Turns[i].Branch)
		}
		if gotTotal != total || math.Abs(float64(gotCached-cached)) > 0 {
			t.Errorf("%s: %d of %d tokens cached, by block ids %d of %d", path, gotCached, gotTotal, cached, total)
		}
	}
	if branches < 3 {
		t.Errorf("%d branches at most; the traces with sub-agents are missing", branches)
	}
}

type wekaTrace struct {
	BlockSize int           `json:"block_size"`
	Requests  []wekaRequest `json:"requests"`
}

type wekaRequest struct {
	In       int           `json:"in"`
	HashIDs  []int         `json:"hash_ids"`
	Requests []wekaRequest `json:"requests"`
}

// hits counts prompt tokens and those in the longest prefix of blocks that an
// earlier prompt of the trace had.
func (w *wekaTrace) hits() (total, cached int) {
	var earlier [][]int
	var walk func([]wekaRequest)
	walk = func(requests []wekaRequest) {
		for _, r := range requests {
			if len(r.Requests) > 0 {
				walk(r.Requests)
				continue
			}
			if r.In == 0 {
				continue
			}
			best := 0
			for _, ids := range earlier {
				n := 0
				for n < len(ids) && n < len(r.HashIDs) && ids[n] == r.HashIDs[n] {
					n++
				}
				best = max(best, n)
			}
			total += r.In
			cached += best * w.BlockSize
			earlier = append(earlier, r.HashIDs)
		}
	}
	walk(w.Requests)
	return total, cached
}
