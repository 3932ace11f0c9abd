package seal

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"fmt"

	"plimsoll/bundle"
)

// Checked is one signature of a folder, held against it and the keys at hand.
type Checked struct {
	File  string
	KeyID string
	// Good: made by one of the keys at hand, over this folder as it is now.
	Good bool
	// Problem says why it is not, in words; "" good.
	Problem string
}

// Check holds every signature of the folder against the public keys. It reads the
// manifest as it is now; that the files follow from the manifest is for
// bundle.Dir.Check to say.
func Check(d *bundle.Dir, keys ...ed25519.PublicKey) ([]Checked, error) {
	files, err := d.Signatures()
	if err != nil {
		return nil, err
	}
	want, err := statement(d)
	if err != nil {
		return nil, err
	}
	var out []Checked
	for _, f := range files {
		out = append(out, check(f.Name, f.Data, want, keys)...)
	}
	return out, nil
}

func check(file string, data []byte, want Statement, keys []ed25519.PublicKey) []Checked {
	var envelope Envelope
	if err := json.Unmarshal(data, &envelope); err != nil {
		return []Checked{{File: file, Problem: "is no DSSE envelope"}}
	}
	if envelope.PayloadType != payloadType || len(envelope.Signatures) == 0 {
		return []Checked{{File: file, Problem: fmt.Sprintf("holds %q, not a signed in-toto statement", envelope.PayloadType)}}
	}
	var out []Checked
	for _, s := range envelope.Signatures {
		c := Checked{File: file, KeyID: s.KeyID}
		c.Problem = problem(envelope, s, want, keys)
		c.Good = c.Problem == ""
		out = append(out, c)
	}
	return out
}

// problem says why a signature does not hold, "" where it does. The key's id only
// helps to find it: what counts is that a key at hand verifies.
func problem(e Envelope, s Signature, want Statement, keys []ed25519.PublicKey) string {
	signed := encoding(e.PayloadType, e.Payload)
	verified := false
	for _, key := range keys {
		verified = verified || len(key) == ed25519.PublicKeySize && ed25519.Verify(key, signed, s.Sig)
	}
	if !verified {
		return "was not made by any of the keys given, or was changed"
	}
	var said Statement
	if err := json.Unmarshal(e.Payload, &said); err != nil {
		return "signs something that is no statement"
	}
	said.Predicate.SignedBy, said.Predicate.Modules = "", ""
	a, errA := json.Marshal(said)
	b, errB := json.Marshal(want)
	if errA != nil || errB != nil || !bytes.Equal(a, b) {
		return "signs another run, or this one before it was changed"
	}
	return ""
}
