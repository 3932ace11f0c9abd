package token

// Counter counts tokens of text in one basis. It is safe for concurrent use.
type Counter interface {
	// Count returns the number of tokens of text.
	Count(text []byte) int
	// Basis names the tokenizer: "bytes4", "o200k", or a file's name and hash.
	Basis() string
}

// PerMessage is what every counter adds for a message's frame (role and
// delimiters) when it counts a prompt; chat templates spend 3 to 5 tokens on it.
const PerMessage = 4

// Bytes4 counts one token for every four bytes of text, rounded up.
type Bytes4 struct{}

// Count returns ceil(len(text)/4).
func (Bytes4) Count(text []byte) int { return (len(text) + 3) / 4 }

// Basis returns "bytes4".
func (Bytes4) Basis() string { return "bytes4" }
