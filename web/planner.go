package web

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"plimsoll/plan"
	"plimsoll/report"
	"plimsoll/result"
)

// plannerPage is what planner.html shows.
type plannerPage struct {
	Title   string
	Planner bool
	Systems []plan.System
	Runs    []summary // of the folder that found a capacity
}

// planner shows the form.
func (s *Site) planner(w http.ResponseWriter, r *http.Request) {
	page := plannerPage{Title: "Planner", Planner: true, Systems: s.config.Systems}
	runs, err := s.summaries()
	if err != nil {
		s.fail(w, http.StatusInternalServerError, err)
		return
	}
	for _, run := range runs {
		if s.config.System != nil && run.Result != nil && slices.ContainsFunc(run.Result.Tiers, func(t result.Tier) bool { return t.Capacity != nil && *t.Capacity > 0 }) {
			page.Runs = append(page.Runs, run)
		}
	}
	s.show(w, http.StatusOK, "planner", page)
}

// planned answers the form.
func (s *Site) planned(w http.ResponseWriter, r *http.Request) {
	request, err := s.request(r.URL.Query())
	if err != nil {
		s.fail(w, http.StatusBadRequest, err)
		return
	}
	p, err := plan.Compute(request)
	if err != nil {
		s.fail(w, http.StatusBadRequest, err)
		return
	}
	var b bytes.Buffer
	if err := report.PlanHTML(&b, p); err != nil {
		s.fail(w, http.StatusInternalServerError, err)
		return
	}
	s.selfContained(w, b.Bytes(), "/plan", "planner")
}

// request reads the form; a field that is empty keeps the planner's default.
func (s *Site) request(q url.Values) (plan.Request, error) {
	r := plan.Request{At: plan.Level("facility"), PUE: 1.2, Reserve: 0.05, Diversity: 1, KV: plan.KVEngine, Idle: 1, Tier: q.Get("tier")}
	people := plan.Population{Active: 0.2, Sessions: 1, Blocking: 0.001, Model: plan.ErlangB}
	for _, field := range []struct {
		name string
		into any
	}{
		{"power", &r.Power}, {"pue", &r.PUE}, {"redundancy", &r.Redundancy}, {"headroom", &r.Headroom}, {"reserve", &r.Reserve},
		{"users", &people.Users}, {"active", &people.Active}, {"sessions", &people.Sessions}, {"blocking", &people.Blocking}, {"kwh", &r.Price.KWh}, {"gpu_hour", &r.Price.GPUHour},
	} {
		if err := fill(field.into, q.Get(field.name)); err != nil {
			return r, fmt.Errorf("planner: %s %q: %w", field.name, q.Get(field.name), err)
		}
	}
	if at := q.Get("boundary"); at != "" {
		r.At = plan.Level(at)
	}
	if people.Users != 0 || r.Agents == 0 {
		r.Population = &people
	}
	for _, system := range s.config.Systems {
		if slices.Contains(q["system"], system.Name) {
			r.Systems = append(r.Systems, system)
		}
	}
	for _, name := range q["run"] {
		system, err := s.own(name)
		if err != nil {
			return r, fmt.Errorf("planner: %w", err)
		}
		r.Systems = append(r.Systems, system)
	}
	if len(r.Systems) == 0 {
		return r, errors.New("planner: tick at least one system")
	}
	return r, nil
}

// own makes a system of a run.
func (s *Site) own(name string) (plan.System, error) {
	f, err := s.open(name)
	if err != nil {
		return plan.System{}, fmt.Errorf("run %s: %w", name, err)
	}
	defer f.close()
	r, err := f.result()
	if missing(err) || s.config.System == nil {
		return plan.System{}, fmt.Errorf("run %s has no result yet", name)
	}
	if err != nil {
		return plan.System{}, err
	}
	return s.config.System(name, f.path, r)
}

// fill reads one field; empty text leaves it.
func fill(into any, text string) (err error) {
	if text == "" {
		return nil
	}
	switch v := into.(type) {
	case *int:
		*v, err = strconv.Atoi(text)
	case *float64:
		*v, err = strconv.ParseFloat(text, 64)
	case encoding.TextUnmarshaler:
		err = v.UnmarshalText([]byte(text))
	default:
		err = fmt.Errorf("%T is no field", into)
	}
	if errors.Is(err, strconv.ErrSyntax) {
		err = errors.New("not a number")
	}
	return err
}
