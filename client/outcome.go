package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"plimsoll"
	"plimsoll/dialect"
)

// stepError is an error with the step that met it: connect, write, read, parse.
type stepError struct {
	step string
	err  error
}

func (e *stepError) Error() string { return e.step + ": " + e.err.Error() }
func (e *stepError) Unwrap() error { return e.err }

// settle closes the reply and gives the row its counts and its class.
func (x *exchange) settle(ctx context.Context, c *Client, call Call, row *plimsoll.Row, err error) {
	if x.stream && err == nil {
		if bad := x.scanner.Close(); bad != nil {
			err = &stepError{"parse", bad}
		}
	}
	reply := x.scanner.Reply()
	row.Status = int32(x.response.status)
	x.count(c, &reply, row)
	row.Class, row.Error = x.class(ctx, &reply, err)
	if row.Class == plimsoll.ClassOK {
		row.Class, row.Error = c.obeyed(call, row)
	}
	if row.Class == plimsoll.ClassOK {
		row.Output = sanity(x.scanner.Text())
	}
	// A turn that timed out ended when we gave it up, not at its last read: the
	// agent waited until then.
	if (row.End == plimsoll.Never || row.Class == plimsoll.ClassTimeout) && !row.Class.Cut() {
		row.End = x.stamp()
	}
}

// count fills the row from the reply.
func (x *exchange) count(c *Client, reply *dialect.Reply, row *plimsoll.Row) {
	row.FirstToken, row.FirstVisible, row.LastToken = reply.FirstToken, reply.FirstVisible, reply.LastToken
	row.Reads, row.Events = int32(reply.TokenReads), int32(reply.Events)
	row.Finish = reply.Finish
	u := reply.Usage
	row.UsagePrompt, row.UsageCached, row.UsageCompletion, row.UsageReasoning = u.Prompt, u.Cached, u.Completion, u.Reasoning
	if c.config.Counter != nil && x.stream && !reply.TextCut {
		row.LocalTokens = int32(c.config.Counter.Count(x.scanner.Text()))
	}
	if reply.FirstToken == plimsoll.Never {
		return
	}
	row.FirstChunkTokens, row.FirstChunkSource = c.firstChunk(x.scanner.Text(), reply, row)
}

// firstChunk counts the tokens that came in the read of the first token: from
// continuous usage, else by the local count, else by their share of the bytes.
func (c *Client) firstChunk(text []byte, reply *dialect.Reply, row *plimsoll.Row) (int32, string) {
	total := reply.TextBytes()
	if first := reply.FirstUsage.Completion; first > 0 && reply.LastToken > reply.FirstToken {
		return first, "usage"
	}
	if row.UsageCompletion < 0 || c.config.Exact {
		if row.LocalTokens < 0 {
			return -1, ""
		}
		return max(1, int32(c.config.Counter.Count(text[:min(reply.FirstBytes, len(text))]))), "local"
	}
	share := float64(row.UsageCompletion) * float64(reply.FirstBytes) / float64(total)
	return max(1, min(row.UsageCompletion, int32(share+0.5))), "bytes"
}

// class says how the turn ended, and why where it did not end well.
func (x *exchange) class(ctx context.Context, reply *dialect.Reply, err error) (plimsoll.Class, string) {
	r := &x.response
	var step *stepError
	isStep := errors.As(err, &step)
	switch {
	case err != nil && errors.Is(ctx.Err(), context.Canceled):
		return plimsoll.ClassCancelled, ""
	case err != nil && timedOut(ctx, err):
		return plimsoll.ClassTimeout, x.timeout(step)
	case isStep && step.step == "parse":
		return plimsoll.ClassMalformed, short(step.err)
	case err != nil && (isStep && step.step == "connect" || r.status == 0):
		return plimsoll.ClassRefused, short(err)
	case r.status/100 != 2:
		return plimsoll.ClassHTTP, httpError(r.status, x.plain)
	case reply.Error != "":
		return plimsoll.ClassEngineError, reply.Error
	case reply.Finish == "abort" || reply.Finish == "error":
		return plimsoll.ClassEngineError, "the engine gave the reply up: finish_reason " + reply.Finish
	case err != nil:
		return plimsoll.ClassCut, short(err)
	case !x.stream && r.kind != "text/event-stream":
		return plimsoll.ClassNoStream, fmt.Sprintf("reply of type %q instead of text/event-stream", r.kind)
	case !reply.Done && reply.Finish == "":
		return plimsoll.ClassCut, "the stream ended before its end mark"
	case reply.FirstToken == plimsoll.Never:
		return plimsoll.ClassNoTokens, "the stream carried no token"
	}
	return plimsoll.ClassOK, ""
}

// obeyed checks output policy recorded: exactly the tokens asked for. A finish of
// tool_calls with the exact count is obedience too: engines put it over length
// when their tool parser saw a call.
func (c *Client) obeyed(call Call, row *plimsoll.Row) (plimsoll.Class, string) {
	if call.Output.Policy != dialect.Recorded {
		return plimsoll.ClassOK, ""
	}
	want := int32(call.Encoded.Max(call.Turn, call.Output))
	tokens := row.UsageCompletion
	if tokens < 0 && c.config.Exact {
		tokens = row.LocalTokens
	}
	if tokens >= 0 && tokens != want {
		return plimsoll.ClassWrongLength, fmt.Sprintf("%d tokens instead of %d", tokens, want)
	}
	if row.Finish != "length" && (row.Finish != "tool_calls" || tokens < 0) {
		return plimsoll.ClassWrongLength, fmt.Sprintf("finish is %q instead of length", row.Finish)
	}
	return plimsoll.ClassOK, ""
}

func timedOut(ctx context.Context, err error) bool {
	var n net.Error
	return errors.Is(ctx.Err(), context.DeadlineExceeded) || errors.Is(err, errIdle) || errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &n) && n.Timeout()
}

// timeout says which limit struck.
func (x *exchange) timeout(step *stepError) string {
	where := "read"
	if step != nil {
		where = step.step
	}
	if !x.deadline.IsZero() && !time.Now().Before(x.deadline) {
		return where + ": the request's time-out"
	}
	return where + ": no byte within the time-out"
}

// short says what a network error is, without addresses.
func short(err error) string {
	var errno syscall.Errno
	var dns *net.DNSError
	var asked *url.Error
	var proxy *proxyError
	if errors.As(err, &proxy) {
		return "proxy: " + short(proxy.err)
	}
	if errors.As(err, &asked) {
		err = asked.Err // without the URL
	}
	switch {
	case errors.Is(err, io.EOF):
		return "connection closed by the engine"
	case errors.As(err, &errno):
		return errno.Error()
	case errors.As(err, &dns):
		return "host name not found"
	}
	return cut(err.Error())
}

// httpError names a status and the engine's own message.
func httpError(status int, body []byte) string {
	text := fmt.Sprintf("HTTP %d", status)
	if message := dialect.ErrorMessage(body); message != "" {
		text += ": " + message
	}
	return text
}

func cut(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "")
	}
	return s
}
