package result_test

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// duckdbScript computes each level's figures with DuckDB, from the Parquet files
// alone, and prints them as JSON.
const duckdbScript = `
import duckdb, json, sys
rows = duckdb.sql(f"""
  select printf('%04d.%d', level, attempt) as id, count(*) as turns,
    quantile_cont((first_token_ns - sent_ns + connect_ns) / 1e9, 0.95) as ttft,
    quantile_cont((usage_completion - first_chunk_tokens) / ((last_token_ns - first_token_ns) / 1e9), 0.25) as speed
  from '{sys.argv[1]}/levels/*/turns.parquet' where not primer group by all""").fetchall()
watts = duckdb.sql(f"select count(*) from '{sys.argv[1]}/levels/*/power.parquet' where watts = 700").fetchall()[0][0]
print(json.dumps({"watts": watts, "levels": {r[0]: {"turns": r[1], "ttft": r[2], "speed": r[3]} for r in rows}}))
`

// TestDuckDBAgrees reads the folder with a tool that is not ours: the files open
// there, and its figures are those of result.json.
func TestDuckDBAgrees(t *testing.T) {
	parts := os.Getenv("PLIMSOLL_PARTS")
	python := func(args ...string) *exec.Cmd {
		c := exec.Command("python3", args...)
		if parts != "" {
			c.Env = append(os.Environ(), "PYTHONPATH="+filepath.Join(parts, "python"))
		}
		return c
	}
	if err := python("-c", "import duckdb").Run(); err != nil {
		if os.Getenv("CI") == "true" && parts != "" {
			t.Fatalf("python3 with duckdb is missing: %v; scripts/parts.sh installs it", err)
		}
		t.Skip("python3 with duckdb is missing; pip install duckdb and run again")
	}
	d := measured(t)
	r := computed(t, d)
	text, err := python("-c", duckdbScript, d.Path()).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("%v\n%s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	var other struct {
		Watts  int
		Levels map[string]struct {
			Turns       int
			TTFT, Speed float64
		}
	}
	if err := json.Unmarshal(text, &other); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if want := 2 * 4 * len(r.Levels); other.Watts != want {
		t.Errorf("DuckDB sees %d readings of 700 W, want %d", other.Watts, want)
	}
	for _, l := range r.Levels {
		o := other.Levels[l.ID]
		if o.Turns != l.Turns || math.Abs(o.TTFT-float64(l.TTFTs)) > 1e-9 || math.Abs(o.Speed-float64(l.SpeedTPS)) > 1e-6 {
			t.Errorf("level %s: DuckDB says %+v, result.json %d turns, %v s, %v tok/s", l.ID, o, l.Turns, l.TTFTs, l.SpeedTPS)
		}
	}
}
