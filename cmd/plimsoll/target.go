package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"plimsoll"
	"plimsoll/client"
	configuration "plimsoll/config"
	"plimsoll/dialect"
	"plimsoll/fleet"
	"plimsoll/measure"
	"plimsoll/scrape"
	"plimsoll/token"
)

// real makes the load on an engine that is reached over HTTP: the one that the
// plan names, or the simulated one as a process of its own.
func (j *job) real(ctx context.Context, io *IO) error {
	target := &j.plan.Target
	simulated := target.Builtin != nil
	if simulated {
		engine, err := startEngine(ctx, *target.Builtin, io.Err)
		if err != nil {
			return err
		}
		j.closers = append(j.closers, engine.Stop)
		target.URLs = []string{engine.URL}
	}
	if err := j.scraped(io); err != nil {
		return err
	}
	spoken, err := dialect.ByName(target.Dialect)
	if err != nil {
		return &ExitError{exitUsage, err}
	}
	options := dialect.Options{Model: cmp.Or(target.Model, "unknown"), Usage: true, ContinuousUsage: target.Continuous, Extra: target.ExtraBody, ReasoningEffort: target.ReasoningEffort}
	if err := options.Validate(); err != nil {
		return &ExitError{exitUsage, err}
	}
	engine, err := j.connect(ctx, spoken, io)
	if err != nil {
		return err
	}
	options.Model = target.Model
	findings, err := engine.Preflight(ctx, client.Expect{Options: options, Policy: j.policy(), Context: j.longest()})
	j.facts.Engine.Preflight = findings
	if err != nil {
		return err
	}
	if j.facts.Engine.Identity, err = engine.Identify(ctx); err != nil {
		return err
	}
	simulated = simulated || strings.Contains(j.facts.Engine.Identity.Server, "simulated")
	j.facts.Engine = plimsoll.EngineFacts{
		URL: strings.Join(engine.URLs(), ", "), Model: target.Model, Dialect: spoken.Name(), Simulated: simulated,
		Identity: j.facts.Engine.Identity, Preflight: findings, LocalExact: simulated || j.exact(),
	}
	j.describeGenerator(io)
	return j.fleet(ctx, engine, spoken, options)
}

// describeGenerator notes what this machine bears, and says beforehand where its
// network card may be the limit. The levels warn of what they really ask.
func (j *job) describeGenerator(io *IO) {
	g := generatorOf(j.plan, j.set.Trajectories, io)
	j.facts.Generator = &g
	pace := j.pace()
	line := linkLine(g, pace)
	if line == "" {
		return
	}
	j.facts.Engine.Preflight = append(j.facts.Engine.Preflight, plimsoll.Finding{Name: "network", OK: true, Note: line})
	if n := measure.LinkAgents(g, pace); n > 0 && n < j.plan.MaxAgents {
		fmt.Fprintln(io.Err, "!", line)
	}
}

// pace is that of an agent whose turns just meet the tightest tier: the fastest that
// the search looks for.
func (j *job) pace() measure.Pace {
	var out measure.Pace
	for _, t := range j.plan.Tiers {
		if p := measure.PaceAt(t, j.set.Stats().Delay.Mean, j.set.Facts().Output); p.Turns > out.Turns {
			out = p
		}
	}
	return out
}

// connect opens the client; without a --model the engine's only one is taken.
func (j *job) connect(ctx context.Context, spoken dialect.Dialect, io *IO) (*client.Client, error) {
	target := &j.plan.Target
	key, err := secret(target.APIKeyEnv, target.APIKeyFile, io)
	if err != nil {
		return nil, &ExitError{exitUsage, err}
	}
	config := client.Config{
		URLs: target.URLs, Dialect: spoken, Model: target.Model, Key: key, CAFile: target.CAFile,
		SessionHeaders: target.Session, Counter: j.counter, Exact: j.exact(),
		Routing: client.Routing(target.Routing), HTTP2: target.HTTP2,
	}
	if config.Proxy, err = secret(target.ProxyEnv, "", io); err != nil {
		return nil, &ExitError{exitUsage, err}
	}
	headers, err := headerValues(target.Headers, io)
	if err != nil {
		return nil, &ExitError{exitUsage, err}
	}
	for name, value := range headers {
		config.Headers = append(config.Headers, client.Header{Name: name, Value: client.Secret(value)})
	}
	if target.Model == "" {
		if target.Model, err = onlyModel(ctx, config); err != nil {
			return nil, err
		}
		config.Model = target.Model
	}
	engine, err := client.New(config)
	if err != nil {
		return nil, &ExitError{exitUsage, err}
	}
	j.closers = append(j.closers, engine.Close)
	return engine, nil
}

// headerValues puts in the values of those that name an environment variable.
func headerValues(headers map[string]string, io *IO) (map[string]string, error) {
	values := map[string]string{}
	for name, value := range headers {
		if env, isEnv := strings.CutPrefix(value, configuration.HeaderFromEnv); isEnv {
			if value = io.Env(env); value == "" {
				return nil, fmt.Errorf("header %s: environment variable %s is empty; put the value there", name, env)
			}
		}
		values[name] = value
	}
	return values, nil
}

// scraped opens the engine's own metrics; those of the engine that we started are
// known.
func (j *job) scraped(io *IO) error {
	target := j.plan.Target
	addresses := slices.Clone(target.EngineMetrics)
	if target.Builtin != nil {
		addresses = append(addresses, strings.TrimSuffix(target.URLs[0], "/v1")+"/metrics")
	}
	headers, err := headerValues(target.EngineMetricsHeaders, io)
	if err != nil {
		return &ExitError{exitUsage, err}
	}
	for _, address := range addresses {
		endpoint, err := scrape.New(address, headers)
		if err != nil {
			return &ExitError{exitUsage, err}
		}
		j.engine = append(j.engine, endpoint)
	}
	return nil
}

// exact says that the local count is by the engine's own tokenizer: the simulated
// one's byte rule, or the one that the user names.
func (j *job) exact() bool {
	own := j.plan.Trajectories.Tokenizer == token.Bytes4{}.Basis()
	return own == (j.plan.Target.Builtin != nil)
}

// onlyModel asks an engine for the model that it serves.
func onlyModel(ctx context.Context, config client.Config) (string, error) {
	config.Model = "unknown" // nothing is sent for it, but a client wants a name
	asking, err := client.New(config)
	if err != nil {
		return "", &ExitError{exitUsage, err}
	}
	defer asking.Close()
	names, err := asking.Models(ctx)
	if err != nil {
		return "", err
	}
	if len(names) != 1 {
		return "", fmt.Errorf("the engine serves %d models (%s): name one with --model", len(names), strings.Join(names, ", "))
	}
	return names[0], nil
}

// secret reads a key from where its name points.
func secret(env, file string, io *IO) (client.Secret, error) {
	switch {
	case env != "" && file != "":
		return "", fmt.Errorf("give the key by --api-key-env or by --api-key-file, not both")
	case env != "":
		value := io.Env(env)
		if value == "" {
			return "", fmt.Errorf("environment variable %s is empty: put there what it is to hold", env)
		}
		return client.Secret(value), nil
	case file != "":
		data, err := readSmall(file)
		if err != nil {
			return "", fmt.Errorf("read the key: %w", err)
		}
		return client.Secret(strings.TrimSpace(string(data))), nil
	}
	return "", nil
}

func readSmall(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 64<<10))
}

func (j *job) policy() dialect.Policy {
	if j.plan.OutputPolicy == "free" {
		return dialect.Free
	}
	return dialect.Recorded
}

// longest is the most tokens that a turn of the set needs.
func (j *job) longest() int {
	most := 0
	for _, t := range j.set.Trajectories {
		for _, turn := range t.Turns {
			most = max(most, turn.PromptTokens+turn.OutputTokens)
		}
	}
	return most
}

// resettable has the engine's cache emptied before each fresh level, where the
// engine has an endpoint for it, and says so among the findings.
func (j *job) resettable(ctx context.Context, engine *client.Client) error {
	path, err := engine.ResetCache(ctx)
	if err != nil || path == "" {
		return err
	}
	j.facts.Engine.Preflight = append(j.facts.Engine.Preflight, plimsoll.Finding{
		Name: "cache_reset", OK: true, Note: "POST " + path + " before each fresh level",
	})
	j.reset = func(ctx context.Context) error {
		_, err := engine.ResetCache(ctx)
		return err
	}
	return nil
}

// headMargin is added to the fixed head that was seen: engines count cached tokens
// in whole blocks, of at most 256 tokens.
const headMargin = 256

// templateHead asks how many prompt tokens an engine takes from its cache before
// the level salt: the same prompt twice, under two salts. nil where it does not say.
func templateHead(ctx context.Context, engine *client.Client, first *dialect.Encoded) *int {
	var row plimsoll.Row
	for range 2 {
		salt := fmt.Appendf(nil, "%016x%016x", rand.Uint64(), rand.Uint64())
		engine.Do(ctx, time.Now(), client.Call{
			Encoded: first, Output: dialect.Output{Policy: dialect.Primer}, Request: time.Minute,
			Salts: dialect.Salts{Level: salt, Walk: salt},
		}, &row)
		if row.Class != plimsoll.ClassOK {
			return nil
		}
	}
	if row.UsageCached < 0 {
		return nil
	}
	head := int(row.UsageCached) + headMargin
	return &head
}

// fleet encodes the set once and makes the live load.
func (j *job) fleet(ctx context.Context, engine *client.Client, spoken dialect.Dialect, options dialect.Options) error {
	encoded := make([]*dialect.Encoded, len(j.set.Trajectories))
	for i, t := range j.set.Trajectories {
		var err error
		if encoded[i], err = spoken.Encode(t, options); err != nil {
			return err
		}
	}
	if err := j.resettable(ctx, engine); err != nil {
		return err
	}
	j.facts.Engine.TemplateHead = templateHead(ctx, engine, encoded[0])
	health, err := engine.StartHealth()
	if err != nil {
		return err
	}
	j.closers = append(j.closers, func() error { health.Close(); return nil })
	agents, err := fleet.New(fleet.Config{
		Engine: engine, Health: health, Encoded: encoded, Agents: j.agents(),
		Output: j.policy(), LevelSaltOnly: j.facts.LevelSaltOnly(),
	})
	if err != nil {
		return err
	}
	j.load = agents
	j.progress = agents.Progress
	return nil
}
