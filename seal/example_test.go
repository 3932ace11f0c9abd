package seal_test

import (
	"fmt"
	"os"
	"path/filepath"

	"plimsoll"
	"plimsoll/bundle"
	"plimsoll/seal"
)

// A finished run folder is signed, and the signature is checked with the public key.
func Example() {
	parent, err := os.MkdirTemp("", "plimsoll")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(parent)
	dir, err := bundle.Create(filepath.Join(parent, "run"), plimsoll.Facts{}, nil, nil)
	if err == nil {
		err = dir.WriteResult("a result")
	}
	if err == nil {
		err = dir.Finish()
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	privatePEM, publicPEM, _ := seal.NewKey()
	private, _ := seal.ParsePrivate(privatePEM)
	public, _ := seal.ParsePublic(publicPEM)
	if _, err := seal.Sign(dir, private); err != nil {
		fmt.Println(err)
		return
	}
	found, err := seal.Check(dir, public)
	fmt.Println(len(found), found[0].Good, err)
	// Output: 1 true <nil>
}
