package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"plimsoll"
	"plimsoll/dialect"
)

// Client speaks to one engine. Its methods may be called concurrently, but a slot's
// branch does one thing at a time.
type Client struct {
	config  Config
	targets []*target
	workers sync.Pool // *exchange, for requests in flight

	mu     sync.Mutex
	lanes  map[int][]*lane // by slot and branch
	poller *poller         // made with the first plain connection or sentinel
}

// Call is one turn to send.
type Call struct {
	Slot, Branch int
	Encoded      *dialect.Encoded
	Turn         int
	Salts        dialect.Salts
	Output       dialect.Output
	Request      time.Duration // time-out of the whole turn, connect included; 0 none
	Idle         time.Duration // longest pause between two reads; 0 none
	Session      string        // value of the session headers
	// FirstToken, where it is not nil, is set to the first token's instant as soon
	// as that was read: all that may be known of a turn in flight.
	FirstToken *atomic.Int64
}

// New returns a client. It opens nothing yet.
func New(c Config) (*Client, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.Connect == 0 {
		c.Connect = 10 * time.Second
	}
	if c.Dial == nil {
		c.Dial = (&net.Dialer{}).DialContext
	}
	if c.Proxy != "" {
		dial, err := throughProxy(c.Proxy, c.Dial)
		if err != nil {
			return nil, err
		}
		c.Dial = dial
	}
	roots, err := c.roots()
	if err != nil {
		return nil, err
	}
	client := &Client{config: c, lanes: make(map[int][]*lane)}
	for _, raw := range c.URLs {
		t, err := c.newTarget(raw, roots)
		if err != nil {
			return nil, err
		}
		if c.HTTP2 {
			t.web = newTransport(c, t)
		}
		client.targets = append(client.targets, t)
	}
	client.workers.New = func() any { return newExchange(c.Dialect, c.Caps) }
	return client, nil
}

// Do sends one turn now and reads its reply to the end. It fills row's instants
// (since epoch), counts, class and error; the caller fills the key, Due, the
// recorded counts and what it makes of a cancelled turn. It always returns a
// row with a class. A cancelled ctx cuts the turn.
func (c *Client) Do(ctx context.Context, epoch time.Time, call Call, row *plimsoll.Row) {
	blank(row)
	x := c.workers.Get().(*exchange)
	defer c.workers.Put(x)
	l := c.lane(call.Slot, call.Branch)
	index := l.next(c.config.Routing, call.Slot, len(c.targets))
	row.URL = int32(index)
	x.run(ctx, c, l, index, epoch, call, row)
}

// blank sets what Do fills to "did not happen" and "unknown".
func blank(row *plimsoll.Row) {
	row.Sent, row.FirstByte, row.FirstToken = plimsoll.Never, plimsoll.Never, plimsoll.Never
	row.FirstVisible, row.LastToken, row.End = plimsoll.Never, plimsoll.Never, plimsoll.Never
	row.Connect, row.Reads, row.Events, row.Status = 0, 0, 0, 0
	row.FirstChunkTokens, row.FirstChunkSource = -1, ""
	row.UsagePrompt, row.UsageCached, row.UsageCompletion, row.UsageReasoning = -1, -1, -1, -1
	row.LocalTokens = -1
	row.Finish, row.Error, row.Output, row.Class = "", "", "", ""
}

// Renew makes sure that the next turn of a slot's branch finds a live connection:
// one that is missing or was closed by the server is made anew. It is called
// during the tool delay, best shortly before the turn is due; an error is left for
// Do to meet again.
func (c *Client) Renew(ctx context.Context, slot, branch int) error {
	l := c.lane(slot, branch)
	index := l.peekNext(c.config.Routing, slot, len(c.targets))
	if l.alive(index) {
		return nil
	}
	if err := c.connect(ctx, l, index); err != nil {
		return fmt.Errorf("renew connection to %s: %w", c.targets[index].safe, err)
	}
	return nil
}

// adopt makes a link of a plain connection: read by the client's poller where there
// can be one, else by its turn.
func (c *Client) adopt(plain net.Conn) (link, error) {
	p, err := c.polling()
	if p == nil {
		return newBlocking(plain, plain), err
	}
	return p.adopt(plain)
}

// tap has a connection read as replies are: by the poller, which hands take what each
// read brought until the function returned is called. nil: there is no poller.
func (c *Client) tap(plain net.Conn, take func([]byte)) (func(), error) {
	if !slices.ContainsFunc(c.targets, func(t *target) bool { return t.tls == nil && t.web == nil }) {
		return nil, nil
	}
	p, err := c.polling()
	if p == nil {
		return nil, err
	}
	return p.tap(plain, take)
}

// polling returns the client's poller, nil where there can be none.
func (c *Client) polling() (*poller, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.poller != nil {
		return c.poller, nil
	}
	p, err := newPoller()
	if errors.Is(err, errors.ErrUnsupported) {
		return nil, nil
	}
	c.poller = p
	return p, err
}

// Release closes the connections of a slot, all its branches.
func (c *Client) Release(slot int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.lanes[slot] {
		l.close()
	}
	delete(c.lanes, slot)
}

// Close closes all connections. No turn may be under way.
func (c *Client) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for slot, branches := range c.lanes {
		for _, l := range branches {
			l.close()
		}
		delete(c.lanes, slot)
	}
	for _, t := range c.targets {
		if t.web != nil {
			t.web.CloseIdleConnections()
		}
	}
	if c.poller != nil {
		c.poller.close()
		c.poller = nil
	}
	return nil
}

// URLs returns the engine's URLs without credentials, by Row.URL.
func (c *Client) URLs() []string {
	var out []string
	for _, t := range c.targets {
		out = append(out, t.safe)
	}
	return out
}
