package importer_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/trajectory"
	"plimsoll/trajectory/importer"
	"plimsoll/trajectory/synth"
)

// BenchmarkImport imports a synthetic set in three forms; MB/s are of JSON, on one
// core, without token counts.
func BenchmarkImport(b *testing.B) {
	preset, err := synth.LoadPreset("aa")
	if err != nil {
		b.Fatal(err)
	}
	set, err := preset.Generate(1, 12)
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	for _, format := range []string{"mlperf", "openai", "agentperf-local"} {
		path := filepath.Join(dir, format)
		if err := trajectory.Export(path, format, set.Trajectories); err != nil {
			b.Fatal(err)
		}
		size := int64(0)
		err := filepath.WalkDir(path, func(name string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				info, _ := d.Info()
				size += info.Size()
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(strings.ReplaceAll(format, "-", "_"), func(b *testing.B) {
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := importer.Import(path, format); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
