package metronome_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"plimsoll/sim/metronome"
)

// A reply of four tokens at 100 a second spans three intervals.
func Example() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	var log bytes.Buffer
	ended := make(chan error)
	go func() { ended <- (&metronome.Metronome{Rate: 100}).Serve(l, &log) }()

	req, _ := http.NewRequest(http.MethodPost, "http://"+l.Addr().String()+"/v1/chat/completions", strings.NewReader(`{"max_tokens":4}`))
	req.Header.Set("X-Request-Id", "a")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	body, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	_ = l.Close()
	err = <-ended

	a := metronome.ReadLog(&log)["a"]
	fmt.Println(strings.Count(string(body), `" abc"`), a.Last-a.First > 20e6, err)
	// Output: 4 true <nil>
}
