package seal

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"slices"

	"plimsoll"
	"plimsoll/bundle"
)

const (
	payloadType   = "application/vnd.in-toto+json"
	statementType = "https://in-toto.io/Statement/v1"
	// PredicateType names what a statement of ours says.
	PredicateType = "urn:plimsoll:run:1"
	suffix        = ".dsse.json"
)

// Envelope is a DSSE envelope.
type Envelope struct {
	PayloadType string      `json:"payloadType"`
	Payload     []byte      `json:"payload"` // base64 in JSON
	Signatures  []Signature `json:"signatures"`
}

// Signature is one signature of an envelope.
type Signature struct {
	KeyID string `json:"keyid"`
	Sig   []byte `json:"sig"`
}

// Statement is an in-toto Statement.
type Statement struct {
	Type          string    `json:"_type"`
	Subject       []Subject `json:"subject"`
	PredicateType string    `json:"predicateType"`
	Predicate     Predicate `json:"predicate"`
}

// Subject is a file that a statement is about.
type Subject struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

// Predicate is what a statement of ours says besides the files.
type Predicate struct {
	MetricSet          string          `json:"metric_set"`
	Method             string          `json:"method"`
	Preset             string          `json:"preset"`
	Seed               uint64          `json:"seed"`
	TierSet            string          `json:"tier_set"`
	Tiers              []plimsoll.Tier `json:"tiers"`
	TrajectoriesSHA256 string          `json:"trajectories_sha256"`
	Version            string          `json:"version"`        // that measured
	SignedBy           string          `json:"program"`        // that signs, with its revision
	Modules            string          `json:"modules_sha256"` // over the signing program's module versions and sums
}

// Sign adds a signature to a complete folder and returns its file. The folder's
// files are held against the manifest first: what does not follow is not signed.
func Sign(d *bundle.Dir, key ed25519.PrivateKey) (string, error) {
	found, err := d.Check()
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		return "", fmt.Errorf("sign %s: %s %s; only a folder as its run left it is signed", d.Path(), found[0].Path, found[0].What)
	}
	s, err := statement(d)
	if err != nil {
		return "", err
	}
	s.Predicate.SignedBy, s.Predicate.Modules = program()
	payload, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("sign %s: %w", d.Path(), err)
	}
	id := KeyID(key.Public().(ed25519.PublicKey))
	envelope := Envelope{PayloadType: payloadType, Payload: payload, Signatures: []Signature{{KeyID: id, Sig: ed25519.Sign(key, encoding(payloadType, payload))}}}
	data, err := json.MarshalIndent(envelope, "", "  ")
	if err != nil {
		return "", fmt.Errorf("sign %s: %w", d.Path(), err)
	}
	return d.WriteSignature(id+suffix, append(data, '\n'))
}

// encoding is DSSE's pre-authentication encoding: what is signed.
func encoding(kind string, payload []byte) []byte {
	return fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(kind), kind, len(payload), payload)
}

// statement says what the folder is, without who signs.
func statement(d *bundle.Dir) (Statement, error) {
	s := Statement{Type: statementType, PredicateType: PredicateType}
	for _, name := range []string{bundle.ManifestFile, bundle.ResultFile} {
		data, err := d.ReadFile(name)
		if err != nil {
			return Statement{}, err
		}
		sum := sha256.Sum256(data)
		s.Subject = append(s.Subject, Subject{Name: name, Digest: map[string]string{"sha256": hex.EncodeToString(sum[:])}})
	}
	f := d.Facts()
	s.Predicate = Predicate{MetricSet: f.MetricSet, Method: f.Method, Preset: f.Preset, Seed: f.Seed, TierSet: f.TierSet,
		Tiers: f.Tiers, TrajectoriesSHA256: f.Trajectories.SHA256, Version: f.Version}
	return s, nil
}

// program names the signing program and hashes its modules' versions and sums.
func program() (name, modules string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown", ""
	}
	name = info.Main.Path + " " + info.Main.Version
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" || setting.Key == "vcs.modified" {
			name += " " + setting.Key + "=" + setting.Value
		}
	}
	var lines []string
	for _, m := range info.Deps {
		lines = append(lines, fmt.Sprintf("%s %s %s\n", m.Path, m.Version, m.Sum))
	}
	slices.Sort(lines)
	sum := sha256.New()
	for _, line := range lines {
		sum.Write([]byte(line))
	}
	return name, hex.EncodeToString(sum.Sum(nil))
}
