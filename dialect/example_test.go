package dialect_test

import (
	"bytes"
	"fmt"

	"plimsoll"
	"plimsoll/dialect"
)

// A turn as it goes up, and a reply as it comes down.
func Example() {
	chat, _ := dialect.ByName("chat")
	encoded, err := chat.Encode(&plimsoll.Trajectory{
		Segments: []plimsoll.Segment{{Role: plimsoll.User, Kind: plimsoll.KindUser, Text: "Hello."}},
		Turns:    []plimsoll.Turn{{Prompt: []plimsoll.Span{{From: 0, To: 1}}, OutputTokens: 3}},
	}, dialect.Options{Model: "m"})
	if err != nil {
		fmt.Println(err)
		return
	}
	slices, length := encoded.Request(nil, 0, dialect.Salts{Level: []byte("a1:"), Walk: []byte("b2:")}, dialect.Output{Policy: dialect.Recorded})
	fmt.Println(length, string(bytes.Join(slices, nil)))

	s := dialect.NewScanner(chat, dialect.Caps{})
	_ = s.Feed([]byte("data: {\"choices\":[{\"delta\":{\"reasoning\":\"Hm\"}}]}\n\ndata: {\"choi"), 5)
	_ = s.Feed([]byte("ces\":[{\"delta\":{\"content\":\" hi\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"), 9)
	r := s.Reply()
	fmt.Println(r.FirstToken, r.FirstVisible, r.LastToken, r.Finish, string(s.Text()))
	// Output:
	// 129 {"model":"m","stream":true,"messages":[{"role":"user","content":"a1:b2:Hello."}],"max_tokens":3,"min_tokens":3,"ignore_eos":true}
	// 5 9 9 stop Hm hi
}
