package prompt_test

import (
	"fmt"
	"strings"

	"plimsoll/sim/server/prompt"
)

func Example() {
	const body = `{"model":"m","messages":[{"role":"user","content":"caf\u00e9 au lait"}],"max_tokens":7}`
	var memory prompt.Memory
	request, err := memory.Scan(strings.NewReader(body), int64(len(body)), 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(request.Options.Model, *request.Options.MaxTokens, request.Tokens, len(request.Blocks))
	// Output: m 7 8 4
}
