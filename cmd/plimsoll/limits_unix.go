//go:build unix

package main

import (
	"fmt"
	"os"
	"syscall"
)

// limits returns how many files this process may open and how many local ports
// there are; 0 unknown.
func limits() (files uint64, ports int) {
	var r syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r) == nil {
		files = uint64(r.Cur)
	}
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		var low, high int
		if _, err := fmt.Sscan(string(text), &low, &high); err == nil {
			ports = high - low + 1
		}
	}
	return files, ports
}
