package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"plimsoll"
)

// levelRecord is level.json.
type levelRecord struct {
	Schema   string            `json:"schema"` // plimsoll.LevelSchema
	Stage    plimsoll.Stage    `json:"stage"`
	Observed plimsoll.Observed `json:"observed"`
	Files    []LevelFile       `json:"files"`
}

// LevelFile is a closed Parquet file of a level.
type LevelFile struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
	Rows   int64  `json:"rows"`
}

// Level is a level attempt being written. It is a plimsoll.Sink. It ends with
// Seal or with Discard; only a sealed level exists.
type Level struct {
	stage plimsoll.Stage
	temp  string
	place string

	turns *encoder[plimsoll.Row]
	power *encoder[plimsoll.Sample]
	// engine begins with the first scrape; most runs have none.
	engine *encoder[plimsoll.EngineReading]

	mu     sync.Mutex
	seen   seen
	done   bool
	active sync.WaitGroup // calls of Row and Sample under way
}

// ID returns the name of a level attempt, "0007.1".
func ID(level, attempt int) string { return fmt.Sprintf("%04d.%d", level, attempt) }

// Begin opens a level attempt. An attempt that is already sealed is an error; what
// is left of a broken one is removed.
func (d *Dir) Begin(s plimsoll.Stage) (*Level, error) {
	if !d.writable {
		return nil, fmt.Errorf("begin level: %w", ErrReadOnly)
	}
	id := ID(s.Level, s.Attempt)
	l := &Level{
		stage: s,
		place: filepath.Join(d.path, LevelsDir, id),
		temp:  filepath.Join(d.path, LevelsDir, tempLevelStart+id+".tmp"),
		seen:  make(seen),
	}
	if _, err := os.Stat(l.place); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("run folder: level %s is sealed already in %s", id, l.place)
	}
	if err := os.RemoveAll(l.temp); err != nil {
		return nil, hint("remove", l.temp, err)
	}
	if err := os.MkdirAll(l.temp, 0o755); err != nil {
		return nil, hint("create", l.temp, err)
	}
	var err error
	if l.turns, err = newEncoder[plimsoll.Row](filepath.Join(l.temp, turnsFile)); err != nil {
		return nil, err
	}
	if l.power, err = newEncoder[plimsoll.Sample](filepath.Join(l.temp, powerFile)); err != nil {
		l.turns.abort()
		return nil, err
	}
	return l, nil
}

// Row stores a turn. It blocks only while the encoder is a queue behind. After a
// write error it returns that same error for every row.
func (l *Level) Row(r plimsoll.Row) error {
	r.Level, r.Attempt = int32(l.stage.Level), int32(l.stage.Attempt)
	l.mu.Lock()
	if l.done {
		l.mu.Unlock()
		return fmt.Errorf("run folder: a row came after level %s had ended", ID(l.stage.Level, l.stage.Attempt))
	}
	isNew := l.seen.add(&r)
	l.active.Add(1)
	l.mu.Unlock()
	defer l.active.Done()
	if !isNew {
		return nil
	}
	return l.turns.put(r)
}

// Sample stores a meter reading.
func (l *Level) Sample(s plimsoll.Sample) error {
	l.mu.Lock()
	if l.done { // a meter may be one reading late; the level's figures no longer need it
		l.mu.Unlock()
		return nil
	}
	l.active.Add(1)
	l.mu.Unlock()
	defer l.active.Done()
	return l.power.put(s)
}

// Engine stores scrapes of the engine's metrics. It is called at most once, by the
// goroutine that seals, before Seal or Discard.
func (l *Level) Engine(readings []plimsoll.EngineReading) (err error) {
	if len(readings) == 0 {
		return nil
	}
	if l.engine, err = newEncoder[plimsoll.EngineReading](filepath.Join(l.temp, engineFile)); err != nil {
		return err
	}
	for _, r := range readings {
		if err := l.engine.put(r); err != nil {
			return err
		}
	}
	return nil
}

// Seal closes the level's files and puts the level in place. On an error nothing
// is left that looks sealed.
func (l *Level) Seal(o plimsoll.Observed) error {
	if !l.end() {
		return fmt.Errorf("run folder: level %s was ended before", ID(l.stage.Level, l.stage.Attempt))
	}
	record := levelRecord{Schema: plimsoll.LevelSchema, Stage: l.stage, Observed: o}
	turns, errTurns := l.turns.close(turnsFile)
	power, errPower := l.power.close(powerFile)
	if err := errors.Join(errTurns, errPower); err != nil {
		os.RemoveAll(l.temp) // the error below matters more
		return err
	}
	record.Files = []LevelFile{turns, power}
	if l.engine != nil {
		engine, err := l.engine.close(engineFile)
		if err != nil {
			os.RemoveAll(l.temp)
			return err
		}
		record.Files = append(record.Files, engine)
	}
	if err := l.publish(record); err != nil {
		os.RemoveAll(l.temp)
		return err
	}
	return nil
}

// publish writes level.json last and renames the folder.
func (l *Level) publish(record levelRecord) error {
	data, err := marshal(record)
	if err != nil {
		return fmt.Errorf("run folder: level %s: %w", ID(l.stage.Level, l.stage.Attempt), err)
	}
	if err := create(filepath.Join(l.temp, levelFile), bytesWriter(data)); err != nil {
		return err
	}
	if err := syncFolder(l.temp); err != nil {
		return err
	}
	if err := os.Rename(l.temp, l.place); err != nil {
		return hint("rename into place", l.place, err)
	}
	return syncFolder(filepath.Dir(l.place))
}

// Discard removes what was written of the level. It is a no-op after Seal.
func (l *Level) Discard() error {
	if !l.end() {
		return nil
	}
	l.turns.abort()
	l.power.abort()
	if l.engine != nil {
		l.engine.abort()
	}
	return hint("remove", l.temp, os.RemoveAll(l.temp))
}

// end reports whether this call is the first to end the level, once every row that
// was under way is queued.
func (l *Level) end() bool {
	l.mu.Lock()
	first := !l.done
	l.done = true
	l.mu.Unlock()
	l.active.Wait()
	return first
}
