// Package seal signs a run folder and checks signatures: a DSSE envelope around an
// in-toto Statement, with Ed25519 keys.
//
// The statement names the manifest by its SHA-256, and through it every file of the
// folder; as its predicate it says which trajectories, tiers, method and program
// the result rests on. Several people may sign one folder, a submitter and an
// auditor for example; each signature is a file of its own, signatures/KEYID.dsse.json,
// and none changes the folder.
//
// # What a signature proves
//
// That the holder of the key signed exactly this folder: no file, figure or row
// changed since. It does not prove which hardware or model was measured, nor that
// the rows are honest; only somebody who watched the run can say that, by signing.
//
// Formats: DSSE v1 (github.com/secure-systems-lab/dsse), in-toto Statement v1
// (in-toto.io/Statement/v1), Ed25519 (RFC 8032), keys as PEM in PKCS #8 and PKIX
// (RFC 5958, RFC 5280).
package seal
