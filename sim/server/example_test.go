package server_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"plimsoll/sim/server"
)

func ExampleRun() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ready := func(url string) {
		go func() {
			defer cancel() // one question, then the engine ends
			res, err := http.Post(url+"/chat/completions", "application/json", strings.NewReader(
				`{"model":"plimsoll-demo","messages":[{"role":"user","content":"hello"}],"max_tokens":3,"ignore_eos":true}`))
			if err != nil {
				fmt.Println(err)
				return
			}
			defer res.Body.Close()
			text, err := io.ReadAll(res.Body)
			fmt.Println(res.Header.Get("Server"), strings.Contains(string(text), `"prompt_tokens":6,"completion_tokens":3`), err)
		}()
	}
	if err := server.Run(ctx, server.Config{Profile: "demo"}, ready); err != nil {
		fmt.Println(err)
	}
	// Output: plimsoll-engine (simulated) true <nil>
}
