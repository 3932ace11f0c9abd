//go:build !unix

package main

import "os"

// columns is the width of the terminal that f is, 0 where it is none; here it
// cannot be asked for.
func columns(*os.File) int { return 80 }
