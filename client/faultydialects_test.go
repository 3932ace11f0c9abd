package client

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"plimsoll"
	"plimsoll/dialect"
)

// speech is how a dialect says what the faulty engine has to say.
type speech struct {
	text   func(s, finish string) string // an event with text
	silent string                        // an event without
	counts func(finish string, n int) string
	mark   func(finish string, n int) string // the end mark
	fails  string
}

func speeches() map[string]speech {
	done := func(string, int) string { return endMark }
	usage := func(_ string, n int) string { return usageEvent(n) }
	nameless := func(s, finish string) string {
		return strings.Replace(delta(s, finish), `"delta":{"content":`, `"text":`, 1)
	}
	typed := func(event string) string {
		kind, _, _ := strings.Cut(strings.TrimPrefix(event, `{"type":"`), `"`)
		return "event: " + kind + "\ndata: " + event + "\n\n"
	}
	return map[string]speech{
		"chat": {delta, delta("", ""), usage, done, `data: {"error":{"message":"boom"}}` + "\n\n"},
		"completions": {
			func(s, finish string) string {
				return strings.Replace(nameless(s, finish), "},\"finish", ",\"finish", 1)
			},
			`data: {"choices":[]}` + "\n\n", usage, done, `data: {"error":{"message":"boom"}}` + "\n\n",
		},
		"responses": {
			func(s, _ string) string {
				return typed(fmt.Sprintf(`{"type":"response.output_text.delta","delta":%q}`, s))
			},
			typed(`{"type":"response.created","response":{"status":"in_progress"}}`),
			func(string, int) string { return "" },
			func(finish string, n int) string {
				kind, why := "completed", "null"
				if finish == "length" {
					kind, why = "incomplete", `{"reason":"max_output_tokens"}`
				}
				return typed(fmt.Sprintf(`{"type":"response.%s","response":{"incomplete_details":%s,"usage":{"input_tokens":9,"output_tokens":%d}}}`, kind, why, n))
			},
			typed(`{"type":"error","message":"boom"}`),
		},
		"messages": {
			func(s, _ string) string {
				return typed(fmt.Sprintf(`{"type":"content_block_delta","delta":{"type":"text_delta","text":%q}}`, s))
			},
			typed(`{"type":"message_start","message":{"usage":{"input_tokens":9,"output_tokens":0}}}`),
			func(finish string, n int) string {
				return typed(fmt.Sprintf(`{"type":"message_delta","delta":{"stop_reason":%q},"usage":{"output_tokens":%d}}`, map[string]string{"length": "max_tokens", "stop": "end_turn"}[finish], n))
			},
			func(string, int) string { return typed(`{"type":"message_stop"}`) },
			typed(`{"type":"error","error":{"message":"boom"}}`),
		},
	}
}

// fault is what an engine does wrong, or oddly, and what comes of its turn of 2 tokens.
type fault struct {
	play   script
	class  plimsoll.Class
	tokens int // of the reply; 0: 2
	check  func(*plimsoll.Row) bool
}

// faults are the engine's faults in a dialect. forced says that it forces a length.
func faults(s speech, forced bool, elsewhere string) map[string]fault {
	one, two, end := s.text(" abc", ""), s.text(" abc", "length"), s.counts("length", 2)+s.mark("length", 2)
	http := func(status, headers, body string) script { return plain(status, headers, body) }
	pause := func(*faulty, net.Conn) bool { time.Sleep(30 * time.Millisecond); return true }
	unframed := "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
	all := map[string]fault{
		"well": {play: whole(s.silent, one, two, end), class: plimsoll.ClassOK, check: func(r *plimsoll.Row) bool {
			return r.Finish == "length" && r.UsageCompletion == 2 && r.UsagePrompt == 9
		}},
		"reset mid-stream": {play: then(send(streamHead, chunk(one)), reset), class: plimsoll.ClassCut},
		"stall":            {play: then(send(streamHead, chunk(one)), stall), class: plimsoll.ClassTimeout},
		"429":              {play: http("429 Too Many", "Retry-After: 1\r\n", `{"error":{"message":"slow down"}}`), class: plimsoll.ClassHTTP, check: func(r *plimsoll.Row) bool { return r.Error == "HTTP 429: slow down" }},
		"500":              {play: http("500 X", "Retry-After: 1\r\n", ""), class: plimsoll.ClassHTTP},
		"503":              {play: http("503 X", "Retry-After: 1\r\n", ""), class: plimsoll.ClassHTTP},
		"half a rune":      {play: whole(append(strings.SplitAfterN(strings.ReplaceAll(s.text("caf\u00e9", ""), `\u00e9`, "\u00e9"), "\xc3", 2), s.text(" abc", "length"), s.counts("length", 3)+s.mark("length", 3))...), tokens: 3, class: plimsoll.ClassOK, check: func(r *plimsoll.Row) bool { return r.LocalTokens == 3 }},
		"no UTF-8":         {play: whole(strings.ReplaceAll(one, "abc", "ab\xc3"), two, end), class: plimsoll.ClassOK},
		"every byte":       {play: everyByte(streamHead + chunk(one) + chunk(two+end) + "0\r\n\r\n"), class: plimsoll.ClassOK},
		"empty deltas":     {play: whole(s.text("", ""), s.text("", "length"), s.counts("length", 0)+s.mark("length", 0)), class: plimsoll.ClassNoTokens},
		"usage twice":      {play: whole(one, s.counts("stop", 1), two, end), class: plimsoll.ClassOK, check: func(r *plimsoll.Row) bool { return r.UsageCompletion == 2 }},
		"early end mark":   {play: whole(one, s.mark("stop", 1)), class: plimsoll.ClassOK},
		"never an end":     {play: then(send(streamHead, chunk(one+two+s.counts("length", 2))), stall), class: plimsoll.ClassTimeout},
		"no end mark":      {play: whole(one, two, s.counts("length", 2)), class: plimsoll.ClassOK},
		"endless line":     {play: then(send(unframed+"\r\ndata: "), flood("x")), class: plimsoll.ClassMalformed},
		"gzip bomb":        {play: then(send(unframed+"Content-Encoding: gzip\r\n\r\n"), flood("\x1f\x8b")), class: plimsoll.ClassMalformed},
		"redirect":         {play: http("307 Moved", "Location: "+elsewhere+"\r\n", ""), class: plimsoll.ClassHTTP},
		"plain JSON":       {play: http("200 OK", "Content-Type: application/json\r\n", `{"choices":[],"output":[],"content":[]}`), class: plimsoll.ClassNoStream},
		"100, then 10": {play: then(send(streamHead, chunk(s.silent)), pause, send(chunk(s.text(strings.Repeat(" abc", 100), ""))), pause,
			send(chunk(s.text(strings.Repeat(" abc", 10), "length")+s.counts("length", 110)+s.mark("length", 110)), "0\r\n\r\n")), tokens: 110, class: plimsoll.ClassOK,
			check: func(r *plimsoll.Row) bool { // the filler stopped no clock, the first chunk is 100 tokens
				return r.FirstChunkTokens == 100 && r.FirstToken.After(r.FirstByte) && r.LastToken.After(r.FirstToken) && r.Reads == 2
			}},
		"error inside": {play: whole(one, s.fails), class: plimsoll.ClassEngineError, check: func(r *plimsoll.Row) bool { return r.Error == "boom" }},
	}
	if early := all["early end mark"]; forced {
		early.class = plimsoll.ClassWrongLength
		all["early end mark"] = early
	}
	if cut := all["no end mark"]; s.counts("length", 2) == "" { // nothing else says that it is over
		cut.class = plimsoll.ClassCut
		all["no end mark"] = cut
	}
	return all
}

// Every fault has its class, its place in the population, one request and no connection
// left, in every dialect, whoever reads the connection.
func TestFaultyEngineInEveryDialect(t *testing.T) {
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = other.(*net.TCPListener).SetDeadline(time.Now().Add(time.Millisecond))
		if c, err := other.Accept(); err == nil {
			t.Error("a redirect was followed to another host")
			_ = c.Close()
		}
		_ = other.Close()
	})
	id := newIdentity(t)
	for name, s := range speeches() {
		d, err := dialect.ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		for what, f := range faults(s, forces(d), "http://"+other.Addr().String()+"/v1") {
			for _, link := range links() {
				t.Run(name+"/"+what+"/"+link, func(t *testing.T) {
					t.Parallel()
					if link == "TLS" {
						f.suffer(t, d, &id)
					} else {
						f.suffer(t, d, nil)
					}
				})
			}
		}
	}
}

// The table in docs/client.md has every fault with its class in chat.
func TestFaultsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../docs/client.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range faults(speeches()[dialect.Default], true, "") {
		if row := fmt.Sprintf("\n| %s | `%s` |", name, f.class); !strings.Contains(string(page), row) {
			t.Errorf("docs/client.md has no row %q", row)
		}
	}
}

// forces reports whether a dialect can force a length.
func forces(d dialect.Dialect) bool { return d.Name() != "messages" }

// suffer sends one turn to an engine with the fault.
func (f fault) suffer(t *testing.T, d dialect.Dialect, id *identity) {
	engine := serveScriptTo(t, f.play, id)
	c := newTestClient(t, engine.url, func(c *Config) {
		c.Dialect, c.Caps.Total = d, 4<<20
		if id != nil {
			c.CAFile = id.file
		}
	})
	e, err := d.Encode(testTrajectory(max(2, f.tokens)), dialect.Options{Model: "m", Usage: true})
	if err != nil {
		t.Fatal(err)
	}
	call := Call{Encoded: e, Output: dialect.Output{Policy: dialect.Free}, Request: 30 * time.Second, Idle: 30 * time.Second}
	if forces(d) {
		call.Output.Policy = dialect.Recorded
	}
	if f.class == plimsoll.ClassTimeout {
		call.Idle = 100 * time.Millisecond
	}
	row := plimsoll.Row{}
	c.Do(context.Background(), time.Now(), call, &row)
	if row.Class != f.class || f.check != nil && !f.check(&row) {
		t.Fatalf("class %s, want %s: %+v", row.Class, f.class, row)
	}
	if row.Sent < 0 || row.End < row.Sent {
		t.Errorf("instants: %+v", row)
	}
	inPopulation(t, row)
	if n := engine.requests.Load(); n != 1 {
		t.Errorf("%d requests: a turn is sent once", n)
	}
	_ = c.Close() // the server's end waits for every connection
}
