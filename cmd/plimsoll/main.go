// Plimsoll tells how many coding agents an LLM inference system can carry.
//
//	plimsoll run                              rehearse on a simulated engine
//	plimsoll run --url http://HOST:PORT/v1    measure a real one
//	plimsoll engine                           the simulated engine alone
//	plimsoll report DIR                       look at a run again
//
// Exit codes: 0 every asked tier has an answer; 1 could not run; 2 usage; 3 a
// --require is not met; 4 void; 5 undecided or budget spent; 6 a check failed;
// 130 interrupted.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"reflect"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"plimsoll/report"
)

// CLI is the command line.
type CLI struct {
	Run          RunCmd           `cmd:"" help:"Find how many agents an engine carries."`
	Engine       EngineCmd        `cmd:"" help:"Serve the simulated engine on loopback."`
	Trajectories TrajectoriesCmd  `cmd:"" help:"Import, check, count, cut, convert, make and seal trajectories."`
	Tiers        TiersCmd         `cmd:"" help:"List tier sets, or propose one from what endpoints deliver."`
	Report       ReportCmd        `cmd:"" help:"Show a run again: terminal, HTML, Markdown, CSV, JSON."`
	Verify       VerifyCmd        `cmd:"" help:"Recompute every number of a run folder from its rows."`
	Keygen       KeygenCmd        `cmd:"" help:"Make a key pair for signing."`
	Sign         SignCmd          `cmd:"" help:"Sign a run folder."`
	Result       ResultCmd        `cmd:"" help:"Keep results that others published or measured."`
	Compare      CompareCmd       `cmd:"" help:"Set results side by side, honestly."`
	Plan         PlanCmd          `cmd:"" help:"Size a datacenter: from power to agents, racks and cost, and back."`
	Simulate     SimulateCmd      `cmd:"" help:"Search simulated systems in virtual time: racks, what-ifs, published results."`
	Calibrate    CalibrateCmd     `cmd:"" help:"Fit a simulated engine to a run: software factors, KV pool, error bars."`
	Serve        ServeCmd         `cmd:"" help:"Show runs in a browser: history, live view, comparisons, planner."`
	Doctor       DoctorCmd        `cmd:"" help:"Calibrate this machine as a load generator."`
	Power        PowerCmd         `cmd:"" help:"Look at power meters."`
	System       SystemCmd        `cmd:"" help:"Print a system description to fill in, or check one."`
	Schema       SchemaCmd        `cmd:"" help:"Print the JSON Schemas of the files that a run leaves."`
	Completion   CompletionCmd    `cmd:"" help:"Print a shell completion script."`
	Version      kong.VersionFlag `short:"V" env:"-" help:"Print the version."`
}

// ExitError carries the exit code of a failure.
type ExitError struct {
	Code int
	Err  error
}

func (e *ExitError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit %d", e.Code)
	}
	return e.Err.Error()
}

func (e *ExitError) Unwrap() error { return e.Err }

// The exit codes that commands return; main adds 1 for any other error.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitRequire     = 3
	exitVoid        = 4
	exitUndecided   = 5
	exitCheck       = 6
	exitInterrupted = 130
)

func main() {
	outside := &IO{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Getenv, TTY: isTerminal(os.Stderr)}
	if outside.TTY {
		outside.ErrColumns = columns(os.Stderr)
	}
	if isTerminal(os.Stdout) {
		outside.Columns = columns(os.Stdout)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends at once what does not listen to the first
	code := Main(ctx, os.Args[1:], outside)
	stop()
	os.Exit(code)
}

// newParser makes the command line of its model.
func newParser(cli *CLI, outside *IO, exit func(int), more ...kong.Option) (*kong.Kong, error) {
	return kong.New(cli, append([]kong.Option{kong.Name("plimsoll"),
		kong.Description("How many coding agents does an LLM inference system carry? The highest number that it serves at once while every service-level target holds, per accelerator and per megawatt."),
		kong.Writers(outside.Out, outside.Err), kong.Exit(exit),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}),
		kong.DefaultEnvars("PLIMSOLL"), helpVars(), kong.NamedMapper("somewhere", kong.MapperFunc(somewhere)), kong.PostBuild(addExamples)}, more...)...)
}

// Main parses the arguments, runs the command and returns the exit code.
func Main(ctx context.Context, args []string, outside *IO) int {
	var cli CLI
	exit := -1
	parser, err := newParser(&cli, outside, func(code int) { exit = code })
	if err != nil {
		fmt.Fprintln(outside.Err, "plimsoll:", err)
		return exitFailed
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if exit >= 0 { // help or version was printed
		return exit
	}
	if err != nil {
		fmt.Fprintf(outside.Err, "plimsoll: %v\nTry %s --help.\n", err, asked(err))
		return exitUsage
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run(outside)
	if exit := (*ExitError)(nil); errors.Is(err, context.Canceled) && ctx.Err() != nil && !errors.As(err, &exit) {
		err = &ExitError{exitInterrupted, errors.New("interrupted; nothing is kept")}
	}
	return exitCode(err, outside.Err)
}

// asked is the command that a usage error is about.
func asked(err error) string {
	var wrong *kong.ParseError
	if errors.As(err, &wrong) && wrong.Context.Selected() != nil {
		return wrong.Context.Selected().FullPath()
	}
	return "plimsoll"
}

// somewhere takes paths at which there is something, file or folder.
func somewhere(ctx *kong.DecodeContext, to reflect.Value) error {
	if to.Kind() == reflect.Slice {
		for ctx.Scan.Peek().IsValue() {
			one := reflect.New(to.Type().Elem()).Elem()
			if err := somewhere(ctx, one); err != nil {
				return err
			}
			to.Set(reflect.Append(to, one))
		}
		return nil
	}
	var path string
	if err := ctx.Scan.PopValueInto("path", &path); err != nil {
		return err
	}
	_, err := os.Stat(path)
	to.SetString(path)
	return err
}

// exitCode prints an error as one sentence and returns its exit code.
func exitCode(err error, to io.Writer) int {
	if err == nil {
		return 0
	}
	code := exitFailed
	var withCode *ExitError
	if errors.As(err, &withCode) {
		code = withCode.Code
		if withCode.Err == nil {
			return code
		}
	}
	for i, line := range strings.Split(err.Error(), "\n") { // it may hold what an engine said
		if i == 0 {
			line = "plimsoll: " + line
		}
		fmt.Fprintln(to, report.Visible(line))
	}
	return code
}

// isTerminal reports whether the file is a character device.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}
