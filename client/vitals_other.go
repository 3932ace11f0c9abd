//go:build !linux

package client

import "time"

// vitals are read on Linux only: elsewhere the sentinel alone watches.
type vitals struct{}

func openVitals() vitals { return vitals{} }

func (vitals) close() {}

func (vitals) read(at time.Duration) vital { return vital{at: at, waited: -1} }
