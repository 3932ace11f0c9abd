package client

import (
	"context"
	"fmt"
	"net/http"
)

// Models lists the models that the first URL serves.
func (c *Client) Models(ctx context.Context) ([]string, error) {
	probe, err := c.get(ctx, "/models", true)
	if err != nil {
		return nil, err
	}
	if probe.status != http.StatusOK {
		return nil, fmt.Errorf("%s/models answers %s: %s", c.targets[0].safe, httpError(probe.status, probe.body), statusHint(probe.status))
	}
	var names []string
	for _, m := range servedModels(probe.body) {
		names = append(names, m.ID)
	}
	return names, nil
}
