package client

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"plimsoll"
)

// linkFolder is where Linux describes network interfaces; elsewhere speeds are unknown.
const linkFolder = "/sys/class/net"

// Route returns the network interface by which this machine reaches an engine's base
// URL. It sends nothing but what resolving the host's name needs.
func Route(raw string) (plimsoll.Link, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return plimsoll.Link{}, fmt.Errorf("route: %s names no host", safeURL(raw))
	}
	port := u.Port()
	if port == "" {
		port = "80" // a datagram socket that sends nothing: any will do
	}
	c, err := net.Dial("udp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return plimsoll.Link{}, fmt.Errorf("route to %s: %s", safeURL(raw), short(err))
	}
	defer c.Close()
	local, ok := c.LocalAddr().(*net.UDPAddr)
	if !ok {
		return plimsoll.Link{}, nil
	}
	if local.IP.IsLoopback() {
		return plimsoll.Link{Interface: "loopback", Loopback: true}, nil
	}
	return plimsoll.Link{Interface: interfaceOf(local.IP), BytesPerS: linkSpeed(linkFolder, interfaceOf(local.IP))}, nil
}

// Links returns the interfaces with an address that lead off this machine.
func Links() []plimsoll.Link {
	all, err := net.Interfaces()
	if err != nil {
		return nil
	}
	var out []plimsoll.Link
	for _, i := range all {
		if addresses, err := i.Addrs(); err == nil && len(addresses) > 0 && i.Flags&net.FlagUp != 0 && i.Flags&net.FlagLoopback == 0 {
			out = append(out, plimsoll.Link{Interface: i.Name, BytesPerS: linkSpeed(linkFolder, i.Name)})
		}
	}
	return out
}

// interfaceOf returns the name of the interface that has an address, "" none.
func interfaceOf(ip net.IP) string {
	all, err := net.Interfaces()
	if err != nil {
		return ""
	}
	for _, i := range all {
		addresses, err := i.Addrs()
		if err != nil {
			continue
		}
		for _, a := range addresses {
			if n, ok := a.(*net.IPNet); ok && n.IP.Equal(ip) {
				return i.Name
			}
		}
	}
	return ""
}

// linkSpeed returns what an interface carries in one direction, bytes/s; 0 unknown. A
// virtual interface, which has neither a device nor members, states a speed that no
// card bears, so that it is not believed.
func linkSpeed(folder, name string) float64 {
	if name == "" || strings.ContainsAny(name, "/\\") {
		return 0
	}
	carried := false
	for _, part := range []string{"device", "bonding"} {
		_, err := os.Stat(filepath.Join(folder, name, part))
		carried = carried || err == nil
	}
	text, err := os.ReadFile(filepath.Join(folder, name, "speed"))
	if err != nil || !carried {
		return 0
	}
	megabits, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || megabits <= 0 {
		return 0
	}
	return float64(megabits) * 1e6 / 8
}
