package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"plimsoll"
	"plimsoll/client"
	"plimsoll/measure"
)

// generatorOf describes this machine as the load generator of a plan. What cannot be
// found out is left unknown: it stops no run.
func generatorOf(p plimsoll.Plan, set []*plimsoll.Trajectory, io *IO) plimsoll.Generator {
	g := plimsoll.Generator{CPUs: runtime.NumCPU(), URLs: max(1, len(p.Target.URLs)), Connections: branches(set), BodyBytes: bodyBytes(set), Calibration: kept(io)}
	if p.Target.Routing == string(client.RoundRobin) {
		g.Connections *= g.URLs
	}
	g.OpenFiles, g.LocalPorts = limits()
	g.Link.Loopback = p.Target.Builtin != nil
	for _, raw := range p.Target.URLs {
		if link, err := client.Route(raw); err == nil && !link.Loopback {
			g.Link = link
			break
		} else if err == nil {
			g.Link.Loopback = true
		}
	}
	return g
}

// branches returns the most branches of a trajectory: each has a connection.
func branches(set []*plimsoll.Trajectory) int {
	most := 0
	for _, t := range set {
		for i := range t.Turns {
			most = max(most, t.Turns[i].Branch)
		}
	}
	return most + 1
}

// bodyBytes is the mean text of a request over all turns of a set.
func bodyBytes(set []*plimsoll.Trajectory) float64 {
	var sum, turns float64
	for _, t := range set {
		upTo := make([]int64, len(t.Segments)+1)
		for i := range t.Segments {
			upTo[i+1] = upTo[i] + int64(len(t.Segments[i].Text))
		}
		for _, turn := range t.Turns {
			turns++
			for _, s := range turn.Prompt {
				sum += float64(upTo[s.To] - upTo[s.From])
			}
		}
	}
	return sum / max(1, turns)
}

// linkLine says what the network card bears, "" where none is on the way.
func linkLine(g plimsoll.Generator, p measure.Pace) string {
	switch n := measure.LinkAgents(g, p); {
	case g.Link.Loopback:
		return ""
	case n == 0:
		return fmt.Sprintf("network card: the speed of %s is unknown; a request body is %s bytes on average", named(g.Link.Interface), si(int64(g.BodyBytes)))
	default:
		return fmt.Sprintf("network card: request bodies of %s bytes on average fill 70 %% of %s (%s byte/s) at about %d agents", si(int64(g.BodyBytes)), g.Link.Interface, si(int64(g.Link.BytesPerS)), n)
	}
}

func named(link string) string {
	if link == "" {
		return "the interface on the way"
	}
	return link
}

// calibrationLine says what the doctor found.
func calibrationLine(c *plimsoll.Calibration) string {
	switch {
	case c == nil:
		return "load generator: not calibrated; plimsoll doctor says what this machine bears"
	case c.Agents == 0:
		return fmt.Sprintf("load generator: plimsoll doctor found on %s that this machine was the limit in every load", day(c.At))
	}
	return fmt.Sprintf("load generator: plimsoll doctor found %d agents and %.0f events/s on %s (lag P99 %.2g ms, TTFT error P99 %.2g ms)", c.Agents, c.EventsPerS, day(c.At), c.LagP99, c.TTFTErrorP99)
}

func day(t time.Time) string { return t.Format("2 January 2006") }

// calibrationFile is where this machine's calibration is kept: one file a host name,
// since a home folder may be on several machines. "" nowhere.
func calibrationFile(io *IO) string {
	folder := io.Env("XDG_CACHE_HOME")
	if home := io.Env("HOME"); folder == "" && home != "" {
		folder = filepath.Join(home, ".cache")
	}
	host, err := os.Hostname()
	if folder == "" || err != nil {
		return ""
	}
	return filepath.Join(folder, "plimsoll", "doctor-"+filepath.Base(host)+".json")
}

// kept reads what the doctor found on this machine; nil where it never ran, or
// the machine has other processors since.
func kept(io *IO) *plimsoll.Calibration {
	path := calibrationFile(io)
	if path == "" {
		return nil
	}
	data, err := readSmall(path)
	if err != nil {
		return nil
	}
	var c plimsoll.Calibration
	if json.Unmarshal(data, &c) != nil || c.CPUs != runtime.NumCPU() {
		return nil
	}
	return &c
}

// keep writes a calibration where runs find it. One of a load that the user chose is
// kept only where it bore more than what is kept.
func keep(c plimsoll.Calibration, chosen bool, io *IO) error {
	path := calibrationFile(io)
	if old := kept(io); path == "" || chosen && old != nil && (c.Agents < old.Agents || c.EventsPerS < old.EventsPerS) {
		return nil
	}
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("keep the calibration: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("keep the calibration: %w", err)
	}
	err = os.WriteFile(path+".new", append(data, '\n'), 0o644)
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if errors.Is(err, fs.ErrPermission) {
		return nil // a home that cannot be written: runs say that they are not calibrated
	}
	if err != nil {
		return fmt.Errorf("keep the calibration: %w", err)
	}
	return nil
}
