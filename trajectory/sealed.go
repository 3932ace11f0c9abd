package trajectory

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"filippo.io/age"
	"github.com/go-json-experiment/json"
	"github.com/klauspost/compress/zstd"

	"plimsoll"
	"plimsoll/token"
)

// sealedFormat names the first line inside of a sealed file.
const sealedFormat = "plimsoll-sealed/1"

type sealedHead struct {
	Format string `json:"format"`
	Name   string `json:"name"`
	Secret string `json:"secret"` // hex: the leaves' salts come from it
	Count  int    `json:"count"`
}

// Seal writes the set, compressed, as an age file for the recipients (lines of age
// public keys) and returns the commitment to publish. Only w gets text.
func (s *Set) Seal(w io.Writer, recipients string) (*Commitment, error) {
	to, err := age.ParseRecipients(strings.NewReader(recipients))
	if err != nil {
		return nil, errors.New("seal: a recipient is not an age public key (age1...)")
	}
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	lines, err := canonicalLines(s.Trajectories)
	if err != nil {
		return nil, err
	}
	encrypted, err := age.Encrypt(w, to...)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	packed, err := zstd.NewWriter(encrypted)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	if err := writeRow(packed, sealedHead{sealedFormat, s.Name, hex.EncodeToString(secret), len(lines)}); err != nil {
		return nil, err
	}
	for _, line := range lines {
		if _, err := packed.Write(append(line, '\n')); err != nil {
			return nil, fmt.Errorf("seal: %w", err)
		}
	}
	if err := errors.Join(packed.Close(), encrypted.Close()); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	root := treeOf(secret, lines).root()
	stats := s.Stats()
	stats.SHA256, stats.Name = "", "" // a hash without salt would let a guess be confirmed
	return &Commitment{Format: commitmentFormat, Root: hex.EncodeToString(root[:]), Count: len(lines), Stats: stats}, nil
}

// Sealed is a private set in memory.
type Sealed struct {
	name   string
	secret []byte
	lines  [][]byte
}

// OpenSealed decrypts a sealed file with age identities (lines of secret keys).
// Nothing of it is written anywhere, and no error quotes it.
func OpenSealed(path, identities string) (*Sealed, error) {
	with, err := age.ParseIdentities(strings.NewReader(identities))
	if err != nil {
		return nil, errors.New("open sealed set: the identity is not an age secret key (AGE-SECRET-KEY-1...)")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open sealed set: %w", err)
	}
	defer f.Close()
	plain, err := age.Decrypt(f, with...)
	if err != nil {
		return nil, fmt.Errorf("open sealed set %s: the identity does not open it, or it is no age file", path)
	}
	unpacked, err := zstd.NewReader(plain, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, fmt.Errorf("open sealed set %s: %w", path, err)
	}
	defer unpacked.Close()
	return readSealed(path, unpacked)
}

func readSealed(path string, r io.Reader) (*Sealed, error) {
	broken := fmt.Errorf("open sealed set %s: it is damaged; get it again", path)
	lines := NewLines(path, r, MaxLine)
	first, err := lines.Next()
	if err != nil {
		return nil, broken
	}
	var head sealedHead
	if json.Unmarshal(first, &head) != nil || head.Format != sealedFormat {
		return nil, fmt.Errorf("open sealed set %s: it does not hold %s", path, sealedFormat)
	}
	s := &Sealed{name: head.Name}
	if s.secret, err = hex.DecodeString(head.Secret); err != nil {
		return nil, broken
	}
	for {
		line, err := lines.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, broken
		}
		s.lines = append(s.lines, bytes.Clone(line))
	}
	if len(s.lines) != head.Count || head.Count == 0 {
		return nil, broken
	}
	return s, nil
}

// Root is the commitment's root, hex.
func (s *Sealed) Root() string {
	root := treeOf(s.secret, s.lines).root()
	return hex.EncodeToString(root[:])
}

// Trajectories decodes the set.
func (s *Sealed) Trajectories() ([]*plimsoll.Trajectory, error) {
	out := make([]*plimsoll.Trajectory, len(s.lines))
	for i, line := range s.lines {
		t, problems := parse(line)
		if len(problems) > 0 {
			return nil, fmt.Errorf("sealed set: trajectory %d cannot be read by this version", i)
		}
		out[i] = t
	}
	return out, nil
}

// Set makes a set for a run: its SHA256 is the commitment's root and its
// trajectories are called leaf-000000 and so on, so that rows and results tell
// nothing of it.
func (s *Sealed) Set(c token.Counter) (*Set, error) {
	ts, err := s.Trajectories()
	if err != nil {
		return nil, err
	}
	dropped := DropReplyless(ts)
	kept := ts[:0]
	for i, t := range ts {
		t.ID = fmt.Sprintf("leaf-%06d", i)
		FillText(t)
		if len(t.Turns) > 0 {
			kept = append(kept, t)
		}
	}
	ts = kept
	set, err := NewSet("sealed", ts, c)
	if err != nil {
		return nil, errors.New("sealed set: it holds what this version does not accept")
	}
	set.SHA256 = s.Root()
	if dropped > 0 {
		set.Notes = append(set.Notes, fmt.Sprintf("%d turns left out: the recording does not hold their replies", dropped))
	}
	set.Notes = append(set.Notes, "private set: sha256 is the salted Merkle root of its commitment")
	return set, nil
}

// Reveal shows one trajectory with its proof.
func (s *Sealed) Reveal(leaf int) (*Reveal, error) {
	if leaf < 0 || leaf >= len(s.lines) {
		return nil, fmt.Errorf("reveal: leaf is %d; it must be 0 to %d", leaf, len(s.lines)-1)
	}
	return &Reveal{
		Format: revealFormat, Leaf: leaf, Count: len(s.lines), Salt: hex.EncodeToString(leafSalt(s.secret, leaf)),
		Path: treeOf(s.secret, s.lines).path(leaf), Line: string(s.lines[leaf]),
	}, nil
}
