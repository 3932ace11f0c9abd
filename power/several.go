package power

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// several is one meter out of several sources of one kind, such as the two feeds
// of a rack or the exporters of many nodes. Their devices add up; what one source
// misses makes the whole invalid, since its devices then have a gap.
type several []reader

// openSeveral opens the spec's target and every also=.
func openSeveral(k kind, j job) (reader, error) {
	first, err := k.open(j)
	if err != nil || len(j.target.params["also"]) == 0 {
		return first, err
	}
	if j.expect.Stated() {
		return nil, j.fail("a stated figure has no second source", "state the sum", nil)
	}
	all := several{first}
	for _, base := range j.target.params["also"] {
		next := j
		next.target.base = base
		r, err := k.open(next)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

// read reads all sources at once, each in a goroutine that ends with its reading.
func (s several) read(ctx context.Context) ([]reading, error) {
	lists, errs := make([][]reading, len(s)), make([]error, len(s))
	var wait sync.WaitGroup
	for i, r := range s {
		wait.Go(func() {
			if lists[i], errs[i] = r.read(ctx); errs[i] != nil {
				errs[i] = fmt.Errorf("source %d: %w", i+1, errs[i])
			}
		})
	}
	wait.Wait()
	var all []reading
	for i, list := range lists {
		for _, one := range list {
			if i > 0 && one.device != "" {
				one.device += fmt.Sprintf("#%d", i+1) // two chassis may both be called 1
			}
			all = append(all, one)
		}
	}
	return all, errors.Join(errs...)
}

func (s several) close() error {
	var errs []error
	for _, r := range s {
		errs = append(errs, r.close())
	}
	return errors.Join(errs...)
}
