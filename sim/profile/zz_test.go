package profile

import (
	"testing"
	"time"
)

func TestZZ(t *testing.T) {
	p, err := Load("gb300-nvl72")
	if err != nil {
		t.Fatal(err)
	}
	cfg, _ := p.Deployment()
	began := time.Now()
	a, b, s := hold(t, cfg, 2069, 100*time.Second, 100*time.Second)
	t.Log(a, b, s.Steps, s.Submitted, time.Since(began))
}
