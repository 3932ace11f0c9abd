package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"os"
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
