package token

import (
	"fmt"

	"github.com/tiktoken-go/tokenizer/codec"
)

// O200k returns OpenAI's o200k_base vocabulary (GPT-4o and later, gpt-oss). The
// tables are built on the call, some 0.1 s; text is taken as it is, so special
// tokens in it count as their characters.
func O200k() Counter { return o200k{codec.NewO200kBase()} }

type o200k struct{ codec *codec.Codec }

func (o o200k) Count(text []byte) int {
	n, err := o.codec.Count(string(text))
	if err != nil {
		// The codec's default mode refuses nothing; a byte a token is the bound.
		return len(text)
	}
	return n
}

func (o200k) Basis() string { return "o200k" }

// Named returns a counter by its name, bytes4 or o200k, or loads a Hugging Face
// tokenizer.json when name is a path.
func Named(name string) (Counter, error) {
	switch name {
	case "bytes4":
		return Bytes4{}, nil
	case "o200k":
		return O200k(), nil
	}
	if !isPath(name) {
		return nil, fmt.Errorf("no tokenizer %q; there are bytes4 and o200k, or give a tokenizer.json as ./tokenizer.json", name)
	}
	return loadBPE(name)
}
