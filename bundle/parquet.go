package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"runtime"
	"slices"
	"sync"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

const (
	rowGroup   = 32768 // rows that are held before they go to disk
	queueDepth = 4096  // rows that may wait for the encoder
	batchSize  = 256
)

// encoder writes one Parquet file from one goroutine, so that a caller with
// deadlines of its own (an agent between two turns) never pays for compression.
//
//	state     put            goroutine        close, abort
//	open      queues         encodes, writes  -> closed
//	failed    first error    drains           -> closed, first error
//	closed    (caller's bug) has ended        -
//
// The goroutine ends when the queue is closed; close and abort wait for it. The
// owner calls put only before close or abort has begun.
type encoder[T any] struct {
	path  string
	queue chan T
	ended chan struct{}

	mu  sync.Mutex
	err error // first write error; sticky

	// Owned by the goroutine until ended is closed.
	file   *os.File
	sum    hash.Hash
	size   int64
	rows   int64
	writer *parquet.GenericWriter[T]
}

func newEncoder[T any](path string) (*encoder[T], error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, hint("create", path, err)
	}
	e := &encoder[T]{path: path, queue: make(chan T, queueDepth), ended: make(chan struct{}), file: file, sum: sha256.New()}
	e.writer = parquet.NewGenericWriter[T](io.MultiWriter(file, e.sum, (*counter)(&e.size)),
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}),
		parquet.MaxRowsPerRowGroup(rowGroup),
		parquet.CreatedBy("plimsoll", "1", "bundle"),
	)
	go e.run()
	return e, nil
}

// put queues one row, or returns the error that ended the file.
func (e *encoder[T]) put(row T) error {
	if err := e.failed(); err != nil {
		return err
	}
	e.queue <- row
	return nil
}

// run encodes until the queue is closed. After an error it only drains, so that no
// caller hangs.
func (e *encoder[T]) run() {
	defer close(e.ended)
	batch := make([]T, 0, batchSize)
	for row := range e.queue {
		batch = append(batch, row)
		for more := true; more && len(batch) < batchSize; {
			select {
			case row, ok := <-e.queue:
				if more = ok; ok {
					batch = append(batch, row)
				}
			default:
				more = false
			}
		}
		e.write(batch)
		clear(batch)
		batch = batch[:0]
	}
}

func (e *encoder[T]) write(batch []T) {
	if e.failed() != nil {
		return
	}
	n, err := e.writer.Write(batch)
	e.rows += int64(n)
	if err != nil {
		e.fail(hint("write", e.path, err))
	}
}

// close ends the goroutine, finishes and syncs the file.
func (e *encoder[T]) close(name string) (LevelFile, error) {
	close(e.queue)
	<-e.ended
	if e.failed() == nil {
		e.fail(hint("write", e.path, e.writer.Close()))
	}
	if e.failed() == nil {
		e.fail(hint("sync", e.path, e.file.Sync()))
	}
	err := e.file.Close()
	if e.failed() == nil {
		e.fail(hint("close", e.path, err))
	}
	return LevelFile{Name: name, SHA256: hex.EncodeToString(e.sum.Sum(nil)), Size: e.size, Rows: e.rows}, e.failed()
}

// abort ends the goroutine and drops the file.
func (e *encoder[T]) abort() {
	close(e.queue)
	<-e.ended
	e.file.Close() // its content is being thrown away
}

func (e *encoder[T]) failed() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.err
}

func (e *encoder[T]) fail(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err == nil {
		e.err = err
	}
}

// counter counts the bytes written through it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// groupsAhead is how many row groups are decoded at once at most: decoding takes a few
// times what a reader does with the rows, and each holds some ten MB.
const groupsAhead = 4

// decode calls yield for every row of a Parquet file, in order. Row groups are decoded
// beside each other, one a processor and at most groupsAhead, so that so many are in memory.
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
		for ; next < len(groups) && len(under) < min(runtime.GOMAXPROCS(0), groupsAhead); next++ {
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
