package trajectory_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"plimsoll"
	"plimsoll/token"
	"plimsoll/trajectory"
)

// sealedSet seals n small trajectories and opens them again.
func sealedSet(t *testing.T, n int) (*trajectory.Set, *trajectory.Commitment, *trajectory.Sealed, string) {
	t.Helper()
	var ts []*plimsoll.Trajectory
	for i := range n {
		b := trajectory.NewBuilder(fmt.Sprintf("secret-%d", i))
		task := b.Add(trajectory.Message{{Role: plimsoll.User, Kind: plimsoll.KindUser, Text: fmt.Sprintf("private text %d", i)}})
		b.Turn(plimsoll.Turn{Prompt: b.Prompt(0, task), OutputTokens: 3})
		ts = append(ts, b.T)
	}
	set, err := trajectory.NewSet("private", ts, token.Bytes4{})
	if err != nil {
		t.Fatal(err)
	}
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	commitment, err := set.Seal(&b, identity.Recipient().String())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "set.age")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	sealed, err := trajectory.OpenSealed(path, identity.String())
	if err != nil {
		t.Fatal(err)
	}
	return set, commitment, sealed, path
}

func TestSealedSetIsBoundByItsCommitment(t *testing.T) {
	for _, n := range []int{1, 2, 3, 5, 8} {
		_, commitment, sealed, _ := sealedSet(t, n)
		if sealed.Root() != commitment.Root || commitment.Count != n {
			t.Errorf("%d: root %s and count %d, want %s and %d", n, sealed.Root(), commitment.Count, commitment.Root, n)
		}
		for leaf := range n {
			reveal, err := sealed.Reveal(leaf)
			if err != nil {
				t.Fatal(err)
			}
			if err := commitment.Verify(reveal); err != nil {
				t.Errorf("leaf %d of %d: %v", leaf, n, err)
			}
			forged := *reveal
			forged.Line = strings.Replace(forged.Line, "private", "public!", 1)
			if commitment.Verify(&forged) == nil {
				t.Errorf("leaf %d of %d: a forged text verifies", leaf, n)
			}
			moved := *reveal
			moved.Leaf = (leaf + 1) % n
			if n > 1 && commitment.Verify(&moved) == nil {
				t.Errorf("leaf %d of %d verifies as another one", leaf, n)
			}
		}
	}
}

// TestSealedSetTellsNothing looks for text and ids wherever a run may put them.
func TestSealedSetTellsNothing(t *testing.T) {
	_, commitment, sealed, path := sealedSet(t, 4)
	set, err := sealed.Set(token.Bytes4{})
	if err != nil {
		t.Fatal(err)
	}
	public, err := json.Marshal([]any{commitment, set.Facts(), set.Stats(), set.Notes, set.Name})
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"private text", "secret-"} {
		if bytes.Contains(public, []byte(secret)) || bytes.Contains(file, []byte(secret)) {
			t.Errorf("%q is shown", secret)
		}
	}
	if set.SHA256 != commitment.Root {
		t.Errorf("the set's SHA256 is %s, want the root", set.SHA256)
	}
	if got := set.Trajectories[2].ID; got != "leaf-000002" {
		t.Errorf("id is %q", got)
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{other.String(), "AGE-SECRET-KEY-broken", ""} {
		if _, err := trajectory.OpenSealed(path, key); err == nil || (key != "" && strings.Contains(err.Error(), key)) {
			t.Errorf("another key: error %v; it must fail and not show the key", err)
		}
	}
}
