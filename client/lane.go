package client

import (
	"context"
	"crypto/tls"
	"time"

	"plimsoll"
)

// lane is the connections of one slot's branch, one for each target. Only the
// agent that owns the slot touches it.
type lane struct {
	conns []*conn
	turns int // turns sent, for round robin
}

// conn is one connection with the time that making it took.
type conn struct {
	link
	begun, end time.Time // of connect and TLS handshake
	used       bool
	until      time.Time // when the server will have closed it; zero not said
}

// link is a connection as a turn uses it.
type link interface {
	// talk writes the exchange's request and feeds it the reply.
	talk(ctx context.Context, x *exchange, row *plimsoll.Row) error
	// quiet reports whether the connection is open with nothing to read.
	quiet() bool
	close()
}

// lane returns the lane of a slot's branch.
func (c *Client) lane(slot, branch int) *lane {
	c.mu.Lock()
	defer c.mu.Unlock()
	branches := c.lanes[slot]
	for len(branches) <= branch {
		branches = append(branches, &lane{conns: make([]*conn, len(c.targets))})
		c.lanes[slot] = branches
	}
	return branches[branch]
}

// peekNext returns the target of the lane's next turn.
func (l *lane) peekNext(r Routing, slot, targets int) int {
	if r == RoundRobin {
		return (slot + l.turns) % targets
	}
	return slot % targets
}

// next returns the target of a turn that is sent now.
func (l *lane) next(r Routing, slot, targets int) int {
	index := l.peekNext(r, slot, targets)
	l.turns++
	return index
}

// alive reports whether a connection is there that the server has not closed.
func (l *lane) alive(index int) bool {
	k := l.conns[index]
	if k == nil {
		return false
	}
	if !k.quiet() || !k.until.IsZero() && time.Now().After(k.until) {
		l.drop(index)
		return false
	}
	return true
}

func (l *lane) drop(index int) {
	if k := l.conns[index]; k != nil {
		k.close()
		l.conns[index] = nil
	}
}

func (l *lane) close() {
	for i := range l.conns {
		l.drop(i)
	}
}

// connect makes a connection, with TLS where the target wants it.
func (c *Client) connect(ctx context.Context, l *lane, index int) error {
	ctx, cancel := context.WithTimeout(ctx, c.config.Connect)
	defer cancel()
	t := c.targets[index]
	k := &conn{begun: time.Now()}
	if t.web != nil {
		k.end, k.link = k.begun, &multiplexed{t.web, t.scheme()}
		l.conns[index] = k
		return nil
	}
	plain, err := c.config.Dial(ctx, "tcp", t.address)
	if err != nil {
		return err
	}
	if t.tls == nil {
		if k.link, err = c.adopt(plain); err != nil {
			_ = plain.Close()
			return err
		}
	} else {
		secure := tls.Client(plain, t.tls)
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = plain.Close()
			return err
		}
		k.link = newBlocking(secure, plain)
	}
	k.end = time.Now()
	l.drop(index)
	l.conns[index] = k
	return nil
}
