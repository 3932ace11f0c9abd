package power

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/bougou/go-ipmi/pkg/client"
	"github.com/bougou/go-ipmi/pkg/types"

	"plimsoll"
)

// ipmiKind reads a BMC by DCMI. DCMI may cover the board and the processors alone:
// set an accelerator meter beside it, and a node figure below the accelerators' is
// refused as boundary_incomplete.
func ipmiKind() kind {
	return kind{
		name: "ipmi", form: "ipmi:HOST[:PORT]?user_env=U&password_env=P[@BOUNDARY]", about: "BMC power by IPMI DCMI; may leave accelerators out",
		covers: plimsoll.BoundaryNodeAC, claims: []plimsoll.Boundary{plimsoll.BoundaryNodeDC},
		basis: plimsoll.Measured, grade: plimsoll.G2, source: "IPMI DCMI power reading", accuracy: 0.05,
		open: func(j job) (reader, error) {
			r := &ipmi{timeout: j.cfg.Timeout}
			var err error
			if r.host, r.port, err = hostPort(j.target.base, 623); err != nil {
				return nil, j.fail("no host to ask", "for example ipmi:192.0.2.7?user_env=U&password_env=P", err)
			}
			if r.user, err = j.credential("user"); err != nil {
				return nil, err
			}
			if r.password, err = j.credential("password"); err != nil {
				return nil, err
			}
			if r.user == "" || r.password == "" {
				return nil, j.fail("no user or password", "name them: ?user_env=U&password_env=P; a read-only user will do", nil)
			}
			return r, nil
		},
	}
}

// hostPort parts HOST[:PORT].
func hostPort(text string, port int) (string, int, error) {
	if text == "" {
		return "", 0, errors.New("the target is empty")
	}
	host, number, err := net.SplitHostPort(text)
	if err != nil {
		return text, port, nil
	}
	n, err := strconv.ParseUint(number, 10, 16)
	return host, int(n), err
}

// ipmi holds one session, at the privilege of a user: enough to read, not to switch.
type ipmi struct {
	host           string
	port           int
	user, password string
	timeout        time.Duration
	session        *client.Client
}

func (r *ipmi) read(ctx context.Context) ([]reading, error) {
	if r.session == nil {
		c, err := client.NewClient(r.host, r.port, r.user, r.password)
		if err != nil {
			return nil, err
		}
		c.WithTimeout(r.timeout / 3).WithRetry(1).WithMaxPrivilegeLevel(types.PrivilegeLevelUser)
		if err := c.Connect(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("IPMI session: %w", err), c.Close(context.WithoutCancel(ctx)))
		}
		r.session = c
	}
	got, err := r.session.GetDCMIPowerReading(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("DCMI power reading: %w", err), r.close())
	}
	if !got.PowerMeasurementActive {
		return nil, errors.New("the BMC says that power measurement is not active")
	}
	if got.CurrentPower == 0 {
		return nil, errors.New("the BMC gives 0 W, as those do that have no meter")
	}
	one := blank("bmc")
	one.watts = float64(got.CurrentPower)
	return []reading{one}, nil
}

func (r *ipmi) close() error {
	if r.session == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := r.session.Close(ctx)
	r.session = nil
	return err
}
