package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// SignatureFile is one file under signatures/.
type SignatureFile struct {
	Name string
	Data []byte
}

// WriteSignature adds or replaces one file under signatures/ and returns its path.
// Signatures are outside the manifest, so that a folder opened for reading takes
// them too.
func (d *Dir) WriteSignature(name string, data []byte) (string, error) {
	if name != filepath.Base(name) || strings.HasPrefix(name, ".") {
		return "", fmt.Errorf("run folder: %q is no plain file name", name)
	}
	folder := filepath.Join(d.path, SignaturesDir)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", hint("create", folder, err)
	}
	path := filepath.Join(folder, name)
	return path, replace(path, bytesWriter(data))
}

// Signatures returns the files under signatures/, by name.
func (d *Dir) Signatures() ([]SignatureFile, error) {
	folder := filepath.Join(d.path, SignaturesDir)
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, hint("read", folder, err)
	}
	var out []SignatureFile
	for _, entry := range entries {
		if !entry.Type().IsRegular() {
			continue
		}
		data, err := readSmall(filepath.Join(folder, entry.Name()))
		if err != nil {
			return nil, err
		}
		out = append(out, SignatureFile{entry.Name(), data})
	}
	return out, nil
}
