package web

import (
	"fmt"
	"math"
	"strings"
	"time"

	"plimsoll"
	"plimsoll/bundle"
	"plimsoll/report"
	"plimsoll/result"
)

// state is what the events of a run say so far: a fold that computes no figure,
// only carries those over that the run wrote.
type state struct {
	Facts    *plimsoll.Facts
	Began    time.Time
	Stage    *plimsoll.Stage // under way, nil between levels
	Progress *plimsoll.Progress
	Trace    []plimsoll.Progress // of the level under way, oldest first
	Levels   []sealed            // newest last
	Gates    []plimsoll.Gate     // of the newest level
	News     []news              // newest last
	Warnings int
	End      *plimsoll.Event
	Last     time.Time // of the last event
}

// sealed is a level attempt that is over.
type sealed struct {
	ID       string
	Stage    plimsoll.Stage
	Validity string
	Speed    float64 // P25, tokens/s; NaN none
	TTFT     float64 // P95, s; NaN none, +Inf unbounded
	Verdicts []plimsoll.Verdict
}

// news is an event in words.
type news struct {
	At   time.Time
	Kind string // pass, fail, undecided, void, warning, stage, end
	Text string
}

// mostNews bounds how many events in words are kept.
const mostNews = 200

func (s *state) add(e plimsoll.Event) {
	s.Last = e.Time
	switch e.Kind {
	case plimsoll.EventBegin:
		if e.Facts != nil {
			s.Facts = e.Facts
		}
		if s.Began.IsZero() {
			s.Began = e.Time
			s.say(e, "stage", "the run begins")
		} else {
			s.say(e, "stage", "the run goes on")
		}
		s.End = nil
	case plimsoll.EventStage:
		s.Stage, s.Progress, s.Trace = e.Stage, nil, nil
		if e.Stage != nil {
			s.say(e, "stage", fmt.Sprintf("%s begins: %s", levelName(*e.Stage), e.Stage.Why))
		}
	case plimsoll.EventProgress:
		s.Progress = e.Progress
		if e.Progress != nil {
			s.trace(*e.Progress)
		}
	case plimsoll.EventSealed:
		if e.Stage != nil {
			s.seal(e)
		}
	case plimsoll.EventWarning:
		s.Warnings++
		s.say(e, "warning", e.Message)
	case plimsoll.EventEnd:
		s.Stage, s.Progress, s.End = nil, nil, &e
		s.say(e, "end", "the run ended: "+e.Message)
	}
}

func (s *state) seal(e plimsoll.Event) {
	s.Stage, s.Progress, s.Trace = nil, nil, nil
	l := sealed{ID: e.Level, Stage: *e.Stage, Validity: e.Validity, Speed: math.NaN(), TTFT: math.NaN(), Verdicts: e.Verdicts}
	if len(e.Verdicts) > 0 {
		l.Speed, l.TTFT = e.Verdicts[0].SpeedTPS, e.Verdicts[0].TTFTs
	}
	s.Levels, s.Gates = append(s.Levels, l), e.Gates
	s.say(e, l.worst(), l.sentence())
}

// verdictFor is what the level says of a tier, "" where it does not judge it.
func (l sealed) verdictFor(tier string) plimsoll.Outcome {
	for _, v := range l.Verdicts {
		if v.Tier == tier {
			return v.Outcome
		}
	}
	return ""
}

// worst is the word for a level as a whole: void, else fail if a tier failed.
func (l sealed) worst() string {
	if l.Validity == string(plimsoll.Void) {
		return "void"
	}
	word := "pass"
	for _, v := range l.Verdicts {
		switch v.Outcome {
		case plimsoll.Fail:
			return "fail"
		case plimsoll.Pass:
		default:
			word = "undecided"
		}
	}
	return word
}

// sentence says what a level found, reasons once each.
func (l sealed) sentence() string {
	name := levelName(l.Stage)
	if l.Stage.Warmup {
		return name + " is over"
	}
	by := map[plimsoll.Outcome][]string{}
	var reasons []string
	for _, v := range l.Verdicts {
		by[v.Outcome] = append(by[v.Outcome], v.Tier)
		if v.Outcome == plimsoll.Pass {
			continue
		}
		if why := strings.Join(v.Reasons, "; "); why != "" && !strings.Contains(strings.Join(reasons, "; "), why) {
			reasons = append(reasons, why)
		}
	}
	if l.worst() == "void" {
		return name + " is void: " + strings.Join(reasons, "; ")
	}
	var parts []string
	for _, o := range []struct {
		outcome plimsoll.Outcome
		verb    string
	}{{plimsoll.Pass, "passed"}, {plimsoll.Fail, "failed"}, {plimsoll.Undecided, "is undecided for"}} {
		if tiers := by[o.outcome]; len(tiers) > 0 {
			parts = append(parts, o.verb+" "+strings.Join(tiers, ", "))
		}
	}
	text := name + " " + strings.Join(parts, ", ")
	if len(reasons) > 0 {
		text += ": " + strings.Join(reasons, "; ")
	}
	return text
}

func levelName(s plimsoll.Stage) string {
	switch agents := fmt.Sprintf("%d agents", s.Agents); {
	case s.Warmup:
		return "warm-up, " + agents
	case s.Attempt > 1:
		return fmt.Sprintf("level %d, attempt %d, %s,", s.Level, s.Attempt, agents)
	default:
		return fmt.Sprintf("level %d, %s,", s.Level, agents)
	}
}

func (s *state) say(e plimsoll.Event, kind, text string) {
	s.News = append(s.News, news{e.Time, kind, text})
	if len(s.News) > mostNews {
		s.News = s.News[len(s.News)-mostNews:]
	}
}

// searched is what the events say of the search, in the form that the charts take.
func (s *state) searched() result.Result {
	var r result.Result
	if s.Facts == nil {
		return r
	}
	for _, t := range s.Facts.Tiers {
		r.Tiers = append(r.Tiers, result.Tier{Name: t.Name, SpeedTPS: t.SpeedTPS, TTFTs: t.TTFT.Seconds()})
	}
	for _, l := range s.Levels {
		r.Levels = append(r.Levels, result.Level{ID: l.ID, Number: l.Stage.Level, Attempt: l.Stage.Attempt, Agents: l.Stage.Agents, Warmup: l.Stage.Warmup,
			Validity: l.Validity, SpeedTPS: result.Number(l.Speed), TTFTs: result.Number(l.TTFT), TTFTUnbounded: math.IsInf(l.TTFT, 1)})
		for i := range r.Tiers {
			for _, v := range l.Verdicts {
				if v.Tier == r.Tiers[i].Name {
					r.Tiers[i].Verdicts = append(r.Tiers[i].Verdicts, result.Verdict{Level: l.ID, Agents: v.Agents, Verdict: v.Outcome, Reasons: v.Reasons, SpeedTPS: result.Number(v.SpeedTPS)})
				}
			}
		}
	}
	return r
}

// mostPoints bounds the curve of the level under way; past it every second point
// goes.
const mostPoints = 480

func (s *state) trace(p plimsoll.Progress) {
	s.Trace = append(s.Trace, p)
	if len(s.Trace) < mostPoints {
		return
	}
	kept := s.Trace[:0]
	for i, p := range s.Trace {
		if i%2 == 0 {
			kept = append(kept, p)
		}
	}
	s.Trace = kept
}

// traced is the level under way in the form that the chart takes.
func (s *state) traced() result.Trace {
	var t result.Trace
	for _, p := range s.Trace {
		t.Level, t.Agents, t.LengthS = bundle.ID(p.Level, p.Attempt), p.Agents, p.AtS
		t.Points = append(t.Points, result.TracePoint{AtS: p.AtS, InFlight: float64(p.InFlight), TokensPS: p.TokensPS, Watts: result.None()})
		if p.Phase == "window" {
			if t.WindowS[1] == 0 {
				t.WindowS[0] = p.AtS
			}
			t.WindowS[1] = p.AtS
		}
	}
	if len(t.Points) < 2 {
		return result.Trace{}
	}
	return t
}

// gauges are P25 speed and P95 TTFT of the level under way against the limits of
// the tiers that it judges.
func (s *state) gauges() []report.Gauge {
	speed := report.Gauge{ID: "gauge-speed", Name: "P25 output speed", Unit: "tok/s", Value: math.NaN()}
	ttft := report.Gauge{ID: "gauge-ttft", Name: "P95 time to first token", Unit: "s", Value: math.NaN(), Ceiling: true}
	if p := s.Progress; p != nil {
		if p.SpeedTPS != nil {
			speed.Value = *p.SpeedTPS
		}
		if p.TTFTs != nil {
			ttft.Value = *p.TTFTs
		}
	}
	if s.Facts != nil {
		for _, t := range s.Facts.Tiers {
			speed.Limits = append(speed.Limits, report.GaugeLimit{Tier: t.Name, At: t.SpeedTPS})
			ttft.Limits = append(ttft.Limits, report.GaugeLimit{Tier: t.Name, At: t.TTFT.Seconds()})
		}
	}
	return []report.Gauge{speed, ttft}
}

// follower reads a run's events as they are appended.
type follower struct {
	run    *folder
	offset int64
	state  state
	fresh  time.Time // when the file last changed
}

// more reads what is new and reports whether there was anything.
func (f *follower) more() (bool, error) {
	read, changed, err := f.run.events(f.offset, f.state.add)
	if missing(err) && f.offset > 0 { // begun anew: read it from its beginning
		f.offset, f.state = 0, state{}
		read, changed, err = f.run.events(0, f.state.add)
	}
	f.offset += read
	if !changed.IsZero() {
		f.fresh = changed
	}
	if missing(err) { // the first event is not written yet
		err = nil
	}
	return read > 0, err
}

// quiet is how long a run may write nothing before we say so. A level writes twice
// a second; between levels an engine may restart its cache.
const quiet = 2 * time.Minute

// standing is what a folder looks like from outside.
func standing(f *folder, s *state, fresh, now time.Time) string {
	_, manifest := f.stat(bundle.ManifestFile)
	switch {
	case manifest == nil:
		return "finished"
	case s.End != nil:
		return "ended"
	case now.Sub(fresh) > quiet:
		return "silent"
	}
	return "running"
}
