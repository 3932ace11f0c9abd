package bundle

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"

	"github.com/parquet-go/parquet-go"
)

// decode calls yield for every row of a Parquet file, in order. Row groups are decoded
// beside each other, as many as there are processors, so that so many are in memory.
//
// Goroutines: one a row group under way. It ends with its group or the first error; all
// have ended when decode returns.
func decode[T any](f io.ReaderAt, size int64, yield func(*T) error) (rows int64, err error) {
	file, err := open(f, size)
	if err != nil {
		return 0, fmt.Errorf("no readable Parquet file: %w", err)
	}
	groups := file.RowGroups()
	var under []chan group[T]
	defer func() {
		for _, g := range under {
			<-g
		}
	}()
	var memory [][]T
	for next := 0; ; {
		for ; next < len(groups) && len(under) < runtime.GOMAXPROCS(0); next++ {
			var rows []T
			if n := len(memory); n > 0 {
				rows, memory = memory[n-1], memory[:n-1]
			}
			under = append(under, decodeGroup(groups[next], rows))
		}
		if len(under) == 0 {
			return rows, nil
		}
		g := <-under[0]
		under = under[1:]
		for i := range g.rows {
			if err := yield(&g.rows[i]); err != nil {
				return rows, err
			}
			rows++
		}
		if g.err != nil {
			return rows, g.err
		}
		memory = append(memory, g.rows)
	}
}

// group is the rows of a row group, up to an error.
type group[T any] struct {
	rows []T
	err  error
}

// decodeGroup begins to decode a row group into the memory of rows.
func decodeGroup[T any](of parquet.RowGroup, rows []T) chan group[T] {
	out := make(chan group[T], 1)
	go func() {
		g := group[T]{rows: rows[:0]}
		g.err = guarded(func() error { return g.decode(of) })
		out <- g
	}()
	return out
}

func (g *group[T]) decode(of parquet.RowGroup) (err error) {
	reader := parquet.NewGenericRowGroupReader[T](of)
	defer func() { err = errors.Join(err, reader.Close()) }()
	g.rows = slices.Grow(g.rows, int(min(of.NumRows(), rowGroup))+batchSize) // the rest of a larger one as it comes
	for {
		at := len(g.rows)
		g.rows = append(g.rows, make([]T, batchSize)...)
		n, err := reader.Read(g.rows[at:])
		g.rows = g.rows[:at+n]
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func open(f io.ReaderAt, size int64) (file *parquet.File, err error) {
	err = guarded(func() error {
		file, err = parquet.OpenFile(f, size)
		return err
	})
	return file, err
}

// guarded returns a panic as an error: the Parquet decoder panics on some malformed
// files, and a folder is untrusted input.
func guarded(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("malformed: %v", p)
		}
	}()
	return do()
}
