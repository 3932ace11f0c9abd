package power

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gosnmp/gosnmp"

	"plimsoll"
)

// mib is where one maker's PDUs keep power and energy.
type mib struct {
	name          string
	power, energy string  // columns
	watts, joules float64 // one count of each
	// digits is the column of decimal digits, kind the last index that a row's
	// sensor type must have; Raritan alone has them.
	digits                string
	powerKind, energyKind string
}

// mibs lists the known makers.
func mibs() []mib {
	const apc, servertech, raritan = ".1.3.6.1.4.1.318.1.1.26.4.3.1", ".1.3.6.1.4.1.1718", ".1.3.6.1.4.1.13742.6"
	return []mib{
		// rPDU2DeviceStatusPower in hundredths of kW, rPDU2DeviceStatusEnergy in tenths of kWh.
		{name: "apc", power: apc + ".5", energy: apc + ".9", watts: 10, joules: 360_000},
		// st4InputCordActivePower in W, st4InputCordEnergy in tenths of kWh.
		{name: "servertech", power: servertech + ".4.1.3.3.1.3", energy: servertech + ".4.1.3.3.1.10", watts: 1, joules: 360_000},
		// infeedPower of the older tree, in W.
		{name: "servertech3", power: servertech + ".3.2.2.1.12", watts: 1},
		// measurementsInletSensorValue: activePower(5) in W, activeEnergy(8) in Wh,
		// both shifted by inletSensorDecimalDigits.
		{name: "raritan", power: raritan + ".5.2.3.1.4", energy: raritan + ".5.2.3.1.4", watts: 1, joules: 3600,
			digits: raritan + ".3.3.4.1.7", powerKind: ".5", energyKind: ".8"},
	}
}

// snmpKind reads rack PDUs.
func snmpKind() kind {
	return kind{
		name: "snmp", form: "snmp:HOST[:PORT]?mib=apc|servertech|servertech3|raritan&community_env=C[@BOUNDARY]",
		about:  "rack PDU; SNMP v3 with user_env=, password_env= and privacy_env=; add feeds with also=HOST",
		covers: plimsoll.BoundaryRack, claims: []plimsoll.Boundary{plimsoll.BoundaryNodeAC, plimsoll.BoundaryRackNetwork, plimsoll.BoundaryFacility},
		basis: plimsoll.Measured, grade: plimsoll.G2, source: "PDU by SNMP", accuracy: 0.03, resolution: 360_000,
		refine: func(t target, _ plimsoll.PowerSpec, e *Expect) error {
			m, err := mibOf(t)
			if m.digits != "" {
				e.Resolution = m.joules
			}
			e.Source = "PDU by SNMP, MIB " + m.name
			return err
		},
		open: openSNMP,
	}
}

func mibOf(t target) (mib, error) {
	list := mibs()
	at := slices.IndexFunc(list, func(m mib) bool { return m.name == t.params.Get("mib") })
	if at < 0 {
		return mib{}, &Error{Problem: "the PDU's maker is not said", Hint: "add ?mib=apc, servertech, servertech3 or raritan"}
	}
	return list[at], nil
}

func openSNMP(j job) (reader, error) {
	m, err := mibOf(j.target)
	if err != nil {
		return nil, err
	}
	host, port, err := hostPort(j.target.base, 161)
	if err != nil {
		return nil, j.fail("no host to ask", "for example snmp:192.0.2.7?mib=apc&community_env=C", err)
	}
	g := &gosnmp.GoSNMP{Target: host, Port: uint16(port), Transport: "udp", Version: gosnmp.Version2c, MaxRepetitions: 16,
		Timeout: j.cfg.Timeout / 3, Retries: 1, MaxOids: 60}
	secret := map[string]string{}
	for _, name := range []string{"community", "user", "password", "privacy"} {
		if secret[name], err = j.credential(name); err != nil {
			return nil, err
		}
	}
	if secret["user"] == "" {
		g.Community = cmp.Or(secret["community"], "public")
		return &snmp{mib: m, agent: g}, nil
	}
	if secret["password"] == "" {
		return nil, j.fail("an SNMP v3 user needs a password", "name it with password_env=, and the privacy password with privacy_env=", nil)
	}
	g.Version, g.SecurityModel, g.MsgFlags = gosnmp.Version3, gosnmp.UserSecurityModel, gosnmp.AuthNoPriv
	user := &gosnmp.UsmSecurityParameters{UserName: secret["user"], AuthenticationProtocol: gosnmp.SHA, AuthenticationPassphrase: secret["password"]}
	if secret["privacy"] != "" {
		g.MsgFlags = gosnmp.AuthPriv
		user.PrivacyProtocol, user.PrivacyPassphrase = gosnmp.AES, secret["privacy"]
	}
	g.SecurityParameters = user
	return &snmp{mib: m, agent: g}, nil
}

// snmp walks a PDU's tables. It only reads: there is no set in it.
type snmp struct {
	mib
	agent     *gosnmp.GoSNMP
	connected bool
	scale     map[string]float64 // decimal digits by row
}

func (s *snmp) read(ctx context.Context) ([]reading, error) {
	s.agent.Context = ctx
	if !s.connected {
		if err := s.agent.Connect(); err != nil {
			return nil, fmt.Errorf("SNMP: %w", err)
		}
		s.connected = true
	}
	if s.digits != "" && s.scale == nil {
		digits, err := s.column(s.digits)
		if err != nil {
			return nil, err
		}
		s.scale = map[string]float64{}
		for row, n := range digits {
			s.scale[row] = math.Pow(10, -n)
		}
	}
	watts, err := s.column(s.power)
	if err != nil {
		return nil, err
	}
	joules := watts // one walk gives both where both are rows of one column
	if s.energy != s.power {
		joules = nil
		if s.energy != "" {
			// A PDU without energy metering has no such column: no failure.
			if joules, err = s.column(s.energy); err != nil {
				return nil, err
			}
		}
	}
	at := time.Now()
	devices := map[string]*reading{}
	s.gather(devices, watts, s.powerKind, unit{powerOf, s.watts})
	s.gather(devices, joules, s.energyKind, unit{energyOf, s.joules})
	var list []reading
	for _, r := range devices {
		if !math.IsNaN(r.watts) {
			r.at = at
			list = append(list, *r)
		}
	}
	if len(list) == 0 {
		return nil, &noted{reason: ReasonSamplesMissing, err: fmt.Errorf("the PDU has no power at %s: is mib=%s right?", s.power, s.name)}
	}
	slices.SortFunc(list, func(a, b reading) int { return cmp.Compare(a.device, b.device) })
	return list, nil
}

// gather sets the rows of one kind of sensor, each scaled by its digits.
func (s *snmp) gather(devices map[string]*reading, rows map[string]float64, kind string, u unit) {
	for row, v := range rows {
		device, is := strings.CutSuffix(row, kind)
		if !is {
			continue
		}
		if factor, scaled := s.scale[row]; scaled {
			v *= factor
		}
		name := "input" + device
		if devices[name] == nil {
			r := blank(name)
			devices[name] = &r
		}
		devices[name].set(u, v)
	}
}

// column walks one column and returns its numbers by row.
func (s *snmp) column(oid string) (map[string]float64, error) {
	list, err := s.agent.BulkWalkAll(oid)
	if err != nil {
		return nil, fmt.Errorf("SNMP walk: %w", err)
	}
	rows := map[string]float64{}
	for _, v := range list {
		switch v.Type {
		case gosnmp.Integer, gosnmp.Gauge32, gosnmp.Counter32, gosnmp.Counter64, gosnmp.Uinteger32:
			number, _ := gosnmp.ToBigInt(v.Value).Float64()
			rows[strings.TrimPrefix(v.Name, oid)] = number
		}
	}
	return rows, nil
}

func (s *snmp) close() error {
	if !s.connected {
		return nil
	}
	s.connected = false
	return s.agent.Close()
}
