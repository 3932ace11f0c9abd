package power

import (
	"bytes"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// agent is an SNMP v2c agent of the test's own, so that the client is checked
// against the wire format (RFC 3416) and not against its own library. It answers
// GetBulk from an ordered tree.
type agent struct {
	oids   []string
	values map[string]func() int
	sets   int // requests that were no GetBulk
}

func startAgent(t *testing.T, values map[string]func() int) (*agent, string) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a := &agent{values: values}
	for oid := range values {
		a.oids = append(a.oids, oid)
	}
	slices.SortFunc(a.oids, compareOIDs)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 4096)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if answer := a.answer(buf[:n]); answer != nil {
				conn.WriteTo(answer, from)
			}
		}
	}()
	t.Cleanup(func() {
		conn.Close()
		<-done
	})
	return a, conn.LocalAddr().String()
}

// take reads one BER element and returns its tag, its content and what follows.
func take(b []byte) (tag byte, content, rest []byte) {
	n, at := int(b[1]), 2
	if n > 127 {
		octets := n & 127
		n = 0
		for _, o := range b[2 : 2+octets] {
			n = n<<8 | int(o)
		}
		at += octets
	}
	return b[0], b[at : at+n], b[at+n:]
}

// give writes one BER element.
func give(tag byte, parts ...[]byte) []byte {
	content := bytes.Join(parts, nil)
	n := len(content)
	head := []byte{tag, 0x82, byte(n >> 8), byte(n)}
	return append(head, content...)
}

func number4(v int) []byte { return []byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)} }

func (a *agent) answer(packet []byte) []byte {
	_, message, _ := take(packet)
	_, version, rest := take(message)
	_, community, rest := take(rest)
	if version[0] != 1 || string(community) != "canary" {
		return nil // an agent does not answer a wrong community
	}
	kind, pdu, _ := take(rest)
	if kind != 0xa5 {
		a.sets++
		return nil
	}
	_, id, rest := take(pdu)
	_, _, rest = take(rest)
	_, repetitions, rest := take(rest)
	_, bindings, _ := take(rest)
	_, binding, _ := take(bindings)
	_, oid, _ := take(binding)
	var out [][]byte
	at, _ := slices.BinarySearchFunc(a.oids, decodeOID(oid)+".0", compareOIDs)
	for i := range int(repetitions[0]) {
		if at+i >= len(a.oids) {
			out = append(out, give(0x30, give(6, encodeOID(".1.3.9")), []byte{0x82, 0})) // end of the view
			break
		}
		name := a.oids[at+i]
		out = append(out, give(0x30, give(6, encodeOID(name)), give(0x42, number4(a.values[name]()))))
	}
	zero := give(2, []byte{0})
	return give(0x30, give(2, version), give(4, community), give(0xa2, give(2, id), zero, zero, give(0x30, out...)))
}

func parts(oid string) []int {
	var list []int
	for _, p := range strings.Split(strings.Trim(oid, "."), ".") {
		n, _ := strconv.Atoi(p)
		list = append(list, n)
	}
	return list
}

func compareOIDs(a, b string) int { return slices.Compare(parts(a), parts(b)) }

func encodeOID(oid string) []byte {
	list := parts(oid)
	out := []byte{byte(list[0]*40 + list[1])}
	for _, n := range list[2:] {
		var groups []byte
		for groups = []byte{byte(n & 127)}; n > 127; groups = append([]byte{byte(n&127) | 128}, groups...) {
			n >>= 7
		}
		out = append(out, groups...)
	}
	return out
}

func decodeOID(b []byte) string {
	s := fmt.Sprintf(".%d.%d", b[0]/40, b[0]%40)
	n := 0
	for _, o := range b[1:] {
		n = n<<7 | int(o&127)
		if o < 128 {
			s += fmt.Sprintf(".%d", n)
			n = 0
		}
	}
	return s
}

func always(v int) func() int { return func() int { return v } }

// TestSNMP reads each maker's tables: APC's hundredths of kW, Server Tech's two
// cords, Raritan's decimal digits.
func TestSNMP(t *testing.T) {
	const apc, st4, st3, raritan = ".1.3.6.1.4.1.318.1.1.26.4.3.1", ".1.3.6.1.4.1.1718.4.1.3.3.1", ".1.3.6.1.4.1.1718.3.2.2.1.12", ".1.3.6.1.4.1.13742.6"
	tree := map[string]func() int{
		".1.3.6.1.2.1.1.3.0":         always(5), // of the system, before all
		apc + ".4.1":                 always(7),
		apc + ".5.1":                 always(1234), // 12.34 kW
		apc + ".6.1":                 always(9),
		apc + ".9.1":                 always(50), // 5.0 kWh
		st4 + ".3.1.1":               always(4100),
		st4 + ".3.1.2":               always(3900),
		st4 + ".10.1.1":              always(20),
		st3 + ".1.1":                 always(800),
		raritan + ".3.3.4.1.7.1.1.1": always(3), // current
		raritan + ".3.3.4.1.7.1.1.5": always(1), // power
		raritan + ".3.3.4.1.7.1.1.8": always(0), // energy
		raritan + ".5.2.3.1.4.1.1.1": always(16250),
		raritan + ".5.2.3.1.4.1.1.5": always(37125), // 3,712.5 W
		raritan + ".5.2.3.1.4.1.1.8": always(1000),  // Wh
	}
	a, address := startAgent(t, tree)
	for _, tt := range []struct {
		mib  string
		want []reading
	}{
		{"apc", []reading{{device: "input.1", watts: 12340, joules: 18e6}}},
		{"servertech", []reading{{device: "input.1.1", watts: 4100, joules: 7.2e6}, {device: "input.1.2", watts: 3900}}},
		{"servertech3", []reading{{device: "input.1.1", watts: 800}}},
		{"raritan", []reading{{device: "input.1.1", watts: 3712.5, joules: 3.6e6}}},
	} {
		list, err := open(t, "snmp:"+address+"?mib="+tt.mib+"&community_env=P", Config{Getenv: secrets}).read(t.Context())
		if err != nil || len(list) != len(tt.want) {
			t.Errorf("%s: %+v %v", tt.mib, list, err)
			continue
		}
		for i, one := range list {
			want := tt.want[i]
			if one.device != want.device || one.watts != want.watts || want.joules != 0 && one.joules != want.joules || want.joules == 0 && one.joules == one.joules {
				t.Errorf("%s: %+v, want %+v", tt.mib, one, want)
			}
		}
	}
	if a.sets != 0 {
		t.Errorf("%d requests were no GetBulk", a.sets)
	}
}

func TestSNMPTrouble(t *testing.T) {
	_, address := startAgent(t, map[string]func() int{".1.3.6.1.2.1.1.3.0": always(5)})
	for _, tt := range []struct{ spec, want string }{
		{"snmp:" + address + "?mib=apc&community_env=P", "is mib=apc right"},
		{"snmp:" + address + "?mib=apc&community_env=U", "SNMP walk"}, // a wrong community is silence
	} {
		_, err := open(t, tt.spec, Config{Getenv: secrets, Timeout: 1500 * time.Millisecond}).read(t.Context())
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v, want %q", tt.spec, err, tt.want)
		}
	}
	for text, want := range map[string]string{"snmp:192.0.2.1": "?mib=apc", "snmp:?mib=apc": "no host", "snmp:192.0.2.1?mib=apc&user_env=U": "password_env="} {
		if _, err := New(spec(t, text), Config{Getenv: secrets}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
