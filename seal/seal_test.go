package seal_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plimsoll"
	"plimsoll/bundle"
	"plimsoll/seal"
)

func folder(t testing.TB, seed uint64) *bundle.Dir {
	t.Helper()
	d, err := bundle.Create(filepath.Join(t.TempDir(), "run"), plimsoll.Facts{
		MetricSet: plimsoll.MetricSet, Method: "aa", Seed: seed, Tiers: []plimsoll.Tier{{Name: "a", SpeedTPS: 30, TTFT: time.Second}},
	}, []byte("preset: quick\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.WriteResult(map[string]int{"capacity": 3}); err != nil {
		t.Fatal(err)
	}
	if err := d.Finish(); err != nil {
		t.Fatal(err)
	}
	return d
}

func keys(t testing.TB) (ed25519.PrivateKey, ed25519.PublicKey) {
	t.Helper()
	privPEM, pubPEM, err := seal.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	priv, err := seal.ParsePrivate(privPEM)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := seal.ParsePublic(pubPEM)
	if err != nil {
		t.Fatal(err)
	}
	return priv, pub
}

func checked(t testing.TB, d *bundle.Dir, pubs ...ed25519.PublicKey) []seal.Checked {
	t.Helper()
	found, err := seal.Check(d, pubs...)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func good(found []seal.Checked) int {
	n := 0
	for _, c := range found {
		if c.Good {
			n++
		}
	}
	return n
}

func TestSignAndCheck(t *testing.T) {
	d := folder(t, 1)
	submitter, submitterPub := keys(t)
	auditor, auditorPub := keys(t)
	_, strangerPub := keys(t)
	for _, key := range []ed25519.PrivateKey{submitter, auditor, submitter} {
		if _, err := seal.Sign(d, key); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		keys []ed25519.PublicKey
		want int
	}{{"both", []ed25519.PublicKey{submitterPub, auditorPub}, 2}, {"one", []ed25519.PublicKey{auditorPub}, 1}, {"stranger", []ed25519.PublicKey{strangerPub}, 0}, {"none", nil, 0}} {
		if found := checked(t, d, c.keys...); len(found) != 2 || good(found) != c.want {
			t.Errorf("%s: %+v, want 2 signatures, %d good", c.name, found, c.want)
		}
	}
	if found, err := d.Check(); err != nil || len(found) > 0 {
		t.Errorf("signatures broke the manifest: %v, %v", found, err)
	}
}

func TestChangedFolderIsNotSigned(t *testing.T) {
	d := folder(t, 1)
	key, pub := keys(t)
	if _, err := seal.Sign(d, key); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(d.Path(), bundle.ResultFile)
	if err := os.WriteFile(path, []byte("{\"capacity\":4}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if n := good(checked(t, d, pub)); n != 0 {
		t.Error("the signature holds for a changed result")
	}
	if _, err := seal.Sign(d, key); err == nil {
		t.Error("a changed folder was signed")
	}
}

func TestSignatureOfAnotherRun(t *testing.T) {
	a, b := folder(t, 1), folder(t, 2)
	key, pub := keys(t)
	path, err := seal.Sign(a, key)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.WriteSignature(filepath.Base(path), data); err != nil {
		t.Fatal(err)
	}
	if found := checked(t, b, pub); good(found) != 0 || len(found) != 1 {
		t.Errorf("a signature of another run: %+v", found)
	}
}

// No change to what is signed leaves the signature good; a change elsewhere in the
// envelope (white space, the key's name) may.
func TestAnyChangedByteIsFound(t *testing.T) {
	d := folder(t, 1)
	key, pub := keys(t)
	path, err := seal.Sign(d, key)
	if err != nil {
		t.Fatal(err)
	}
	var e seal.Envelope
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &e); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		bad := e
		bad.Payload, bad.Signatures = bytes.Clone(e.Payload), []seal.Signature{{KeyID: e.Signatures[0].KeyID, Sig: bytes.Clone(e.Signatures[0].Sig)}}
		target := bad.Payload
		if rapid.Bool().Draw(t, "signature") {
			target = bad.Signatures[0].Sig
		}
		target[rapid.IntRange(0, len(target)-1).Draw(t, "at")] ^= rapid.ByteRange(1, 255).Draw(t, "flip")
		text, err := json.Marshal(bad)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		found, err := seal.Check(d, pub)
		if err != nil || good(found) != 0 {
			t.Fatalf("%+v, %v", found, err)
		}
	})
}

func TestBadKeys(t *testing.T) {
	private, public, err := seal.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"empty": nil, "the other half": public, "cut": private[:40]} {
		if _, err := seal.ParsePrivate(text); err == nil {
			t.Errorf("%s was read as a private key", name)
		} else if len(text) > 30 && bytes.Contains([]byte(err.Error()), text[28:36]) {
			t.Errorf("%s: the error quotes the key: %v", name, err)
		}
	}
	if _, err := seal.ParsePublic(private); err == nil {
		t.Error("a private key was read as a public one")
	}
}

func FuzzCheck(f *testing.F) {
	d := folder(f, 1)
	_, pub := keys(f)
	f.Add([]byte(`{"payloadType":"application/vnd.in-toto+json","payload":"e30=","signatures":[{"keyid":"x","sig":""}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := d.WriteSignature("x.dsse.json", data); err != nil {
			t.Fatal(err)
		}
		if n := good(checked(t, d, pub)); n != 0 {
			t.Errorf("an envelope that nobody signed is good: %s", data)
		}
	})
}
