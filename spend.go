package plimsoll

import "fmt"

// Tokens counts what turns cost an engine, or an invoice.
type Tokens struct {
	Prompt int64 `json:"prompt"` // cached ones included
	Cached int64 `json:"cached"` // of the prompt, as the engine reports; 0 where it does not
	Output int64 `json:"output"` // reasoning included
}

// Total returns prompt and output together.
func (t Tokens) Total() int64 { return t.Prompt + t.Output }

// Plus adds two counts.
func (t Tokens) Plus(u Tokens) Tokens {
	return Tokens{t.Prompt + u.Prompt, t.Cached + u.Cached, t.Output + u.Output}
}

// SpentBy adds up rows: the server's usage, else what is known of the recording. A turn
// that was never sent cost nothing.
func SpentBy(rows []Row) Tokens {
	var out Tokens
	for i := range rows {
		r := &rows[i]
		if r.Sent == Never {
			continue
		}
		prompt := max(r.UsagePrompt, 0)
		if r.UsagePrompt < 0 {
			prompt = max(r.LocalPrompt, 0)
		}
		tokens, _ := r.Tokens()
		out = out.Plus(Tokens{int64(prompt), int64(max(r.UsageCached, 0)), int64(tokens)})
	}
	return out
}

// Prices are what a million tokens cost, in any currency.
type Prices struct {
	Input  float64 `json:"input"`  // not cached
	Cached float64 `json:"cached"` // prompt tokens from the prefix cache
	Output float64 `json:"output"`
}

// Cost returns what tokens cost.
func (p Prices) Cost(t Tokens) float64 {
	return (float64(t.Prompt-t.Cached)*p.Input + float64(t.Cached)*p.Cached + float64(t.Output)*p.Output) / 1e6
}

// Limits end a search with the best statement that it has. Zero fields do not.
type Limits struct {
	Tokens int64   `json:"tokens,omitempty"` // prompt and output of all levels, the warm-up's apart
	Cost   float64 `json:"cost,omitempty"`   // by Prices
	Prices Prices  `json:"prices,omitzero"`
}

// Validate names the first field out of bounds.
func (l Limits) Validate() error {
	p := l.Prices
	if l.Tokens < 0 || !(l.Cost >= 0) || !(p.Input >= 0) || !(p.Cached >= 0) || !(p.Output >= 0) {
		return fmt.Errorf("budget of %d tokens, cost %g at prices %g, %g and %g: none may be negative", l.Tokens, l.Cost, p.Input, p.Cached, p.Output)
	}
	if l.Cost > 0 && p == (Prices{}) {
		return fmt.Errorf("a budget of cost %g needs prices: --price-input, --price-cached, --price-output, each for a million tokens", l.Cost)
	}
	return nil
}
