package client_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"plimsoll"
	"plimsoll/client"
	"plimsoll/dialect"
)

// One turn on an engine.
func Example() {
	engine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, `data: {"choices":[{"delta":{"content":"Hello"},"finish_reason":"length"}]}`+"\n\n")
		fmt.Fprint(w, `data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":1}}`+"\n\ndata: [DONE]\n\n")
	}))
	defer engine.Close()

	chat, _ := dialect.ByName(dialect.Default)
	c, err := client.New(client.Config{URLs: []string{engine.URL + "/v1"}, Dialect: chat, Model: "m"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()

	encoded, err := chat.Encode(&plimsoll.Trajectory{
		ID:       "t",
		Segments: []plimsoll.Segment{{Role: plimsoll.User, Kind: plimsoll.KindUser, Text: "Say hello."}},
		Turns:    []plimsoll.Turn{{Prompt: []plimsoll.Span{{From: 0, To: 1}}, OutputTokens: 1}},
	}, dialect.Options{Model: "m", Usage: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	row := plimsoll.Row{}
	c.Do(context.Background(), time.Now(), client.Call{Encoded: encoded, Output: dialect.Output{Policy: dialect.Recorded}, Request: time.Minute}, &row)
	fmt.Println(row.Class, row.UsagePrompt, row.UsageCompletion, row.Finish)
	// Output: ok 7 1 length
}
