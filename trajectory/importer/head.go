package importer

import (
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// head is what the beginning of a file says: its first JSON values, with the
// members that tell formats apart.
type head []value

// value is one JSON value. members maps the path of each member to its value where
// that is a short string, and to its JSON kind ('{', '[', '0', 't', 'f', 'n', '"')
// otherwise. The first element of an array stands for all: "requests[].hash_ids".
type value struct {
	kind    jsontext.Kind
	members map[string]string
}

func (v value) has(paths ...string) bool {
	for _, p := range paths {
		if _, ok := v.members[p]; !ok {
			return false
		}
	}
	return true
}

// first returns the first value, empty where there is none.
func (h head) first() value {
	if len(h) == 0 {
		return value{}
	}
	return h[0]
}

// any reports whether some value of the head satisfies f.
func (h head) any(f func(value) bool) bool {
	for _, v := range h {
		if f(v) {
			return true
		}
	}
	return false
}

const (
	headBytes  = 256 << 10 // of a file that are looked at first
	headValues = 24
	headDepth  = 4
)

// readHead looks at the first values of r. What is broken or cut ends it: the
// reader of the format will say where.
func readHead(r io.Reader) head {
	d := jsontext.NewDecoder(r, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	var h head
	for len(h) < headValues {
		v := value{kind: d.PeekKind(), members: map[string]string{}}
		if v.kind == 0 {
			return h
		}
		err := v.read(d, "", 0)
		if err == nil || len(v.members) > 0 {
			h = append(h, v)
		}
		if err != nil {
			return h
		}
	}
	return h
}

func (v value) read(d *jsontext.Decoder, path string, depth int) error {
	kind := d.PeekKind()
	if path != "" {
		v.members[path] = string(kind)
	}
	if depth == headDepth || (kind != '{' && kind != '[') {
		if kind != '"' {
			return d.SkipValue()
		}
		t, err := d.ReadToken()
		if err != nil {
			return err
		}
		if s := t.String(); len(s) < 64 {
			v.members[path] = s
		}
		return nil
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for n := 0; d.PeekKind() != '}' && d.PeekKind() != ']'; n++ {
		at := path + "[]"
		if kind == '{' {
			name, err := d.ReadToken()
			if err != nil {
				return err
			}
			at = name.String()
			if path != "" {
				at = path + "." + at
			}
		} else if n > 0 {
			if err := d.SkipValue(); err != nil {
				return err
			}
			continue
		}
		if err := v.read(d, at, depth+1); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}
