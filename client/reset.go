package client

import (
	"context"
	"fmt"
	"net/http"
)

// resets are the endpoints by which engines forget cached prompts.
func resets() []string {
	return []string{"/reset_prefix_cache" /* vLLM */, "/flush_cache" /* SGLang */}
}

// ResetCache asks every URL of the engine to forget its cached prompts and returns
// the endpoint that did it, "" where the engine has none.
func (c *Client) ResetCache(ctx context.Context) (string, error) {
	for _, path := range resets() {
		done := 0
		for _, t := range c.targets {
			got, err := c.ask(ctx, http.MethodPost, t, path, false)
			if err != nil {
				return "", fmt.Errorf("reset the prefix cache: %w", err)
			}
			if got.status == http.StatusOK {
				done++
			}
		}
		if done == len(c.targets) {
			return path, nil
		}
	}
	return "", nil
}
