package client

import (
	"os"
	"path/filepath"
	"testing"
)

func TestRoute(t *testing.T) {
	link, err := Route("http://127.0.0.1:8000/v1")
	if err != nil || !link.Loopback || link.BytesPerS != 0 {
		t.Errorf("%+v, %v", link, err)
	}
	if _, err := Route("http:///v1"); err == nil {
		t.Error("a URL without a host has a route")
	}
	for _, l := range Links() {
		if l.Interface == "" || l.Loopback || l.BytesPerS < 0 {
			t.Errorf("%+v", l)
		}
	}
}

func TestLinkSpeed(t *testing.T) {
	folder := t.TempDir()
	add := func(name, speed string, part string) {
		if err := os.MkdirAll(filepath.Join(folder, name, part), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name, "speed"), []byte(speed), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	add("eth0", "10000\n", "device")
	add("bond0", "50000\n", "bonding")
	add("down0", "-1\n", "device")
	add("odd0", "fast\n", "device")
	add("veth0", "10000\n", "")
	for name, want := range map[string]float64{"eth0": 1.25e9, "bond0": 6.25e9, "down0": 0, "odd0": 0, "veth0": 0, "none": 0, "": 0, "../eth0": 0} {
		if got := linkSpeed(folder, name); got != want {
			t.Errorf("%q: %g bytes/s, want %g", name, got, want)
		}
	}
}
