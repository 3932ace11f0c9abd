package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"plimsoll/plan"
	"plimsoll/power"
	"plimsoll/result"
	"plimsoll/web"
)

// ServeCmd shows run folders in a browser.
type ServeCmd struct {
	Dir      string `default:"runs" help:"Folder that holds the run folders (${default})."`
	Addr     string `default:"127.0.0.1:7777" help:"Address to listen on; port 0 takes a free one. One that is not loopback needs --token-env."`
	TokenEnv string `name:"token-env" placeholder:"NAME" help:"Ask for the token that this environment variable holds, as the password of HTTP Basic authentication."`
}

// Help is shown under the flags.
func (ServeCmd) Help() string {
	return `History of all runs, live view of a run in progress, comparisons and the planner.
It reads run folders and changes nothing, so it may be started and stopped at any
time, also beside a run.

  plimsoll serve                    the runs in runs/, on http://127.0.0.1:7777
  plimsoll serve --dir /data/runs --addr 10.0.0.5:7777 --token-env PLIMSOLL_TOKEN`
}

// Run serves until it is interrupted.
func (c *ServeCmd) Run(ctx context.Context, io *IO) error {
	config := web.Config{Dir: c.Dir}
	if c.TokenEnv != "" {
		if config.Token = io.Env(c.TokenEnv); config.Token == "" {
			return &ExitError{exitUsage, fmt.Errorf("serve: environment variable %s is empty; put the token there", c.TokenEnv)}
		}
	}
	table, err := power.Provisioned()
	if err != nil {
		return err
	}
	if config.Systems, err = publishedSystems("", table, plan.Options{}); err != nil {
		return err
	}
	config.System = func(name, source string, r result.Result) (plan.System, error) {
		return plan.FromResult(name, source, r, table, plan.Options{})
	}
	site, err := web.New(config)
	if err != nil {
		return &ExitError{exitUsage, err}
	}
	defer site.Close()
	l, err := site.Listen(ctx, c.Addr)
	if err != nil {
		return addressed(err)
	}
	fmt.Fprintf(io.Out, "runs in %s on http://%s/\n", c.Dir, l.Addr())
	return site.Serve(ctx, l)
}

// addressed tells an address that is wrong from one that the system refuses, such as a
// port that is taken.
func addressed(err error) error {
	if refused := (*os.SyscallError)(nil); errors.As(err, &refused) {
		return err
	}
	return &ExitError{exitUsage, err}
}
