package power

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"plimsoll"
)

// prometheusKind reads raw samples out of a Prometheus server.
func prometheusKind() kind {
	return kind{
		name: "prometheus", form: "prometheus:URL?query=SELECTOR&interval=15s[&unit=W&device=LABEL]", about: "raw samples from a Prometheus server; interval= is its scrape interval",
		covers: plimsoll.BoundaryAccelerator, basis: plimsoll.Measured, grade: plimsoll.G1, source: "Prometheus raw samples", accuracy: 0.05, perAccelerator: true,
		refine: func(t target, spec plimsoll.PowerSpec, e *Expect) error {
			_, err := selected(t, spec, e)
			return err
		},
		open: func(j job) (reader, error) {
			e := j.expect
			m, err := selected(j.target, j.spec, &e)
			if err != nil {
				return nil, err
			}
			f, err := newFetcher(j)
			if err != nil {
				return nil, err
			}
			base := strings.TrimSuffix(j.target.base, "/") + "/api/v1/query"
			return &prometheus{fetcher: f, address: base, query: j.target.params.Get("query"), metric: m,
				stated: j.target.params.Get("unit") != "", label: j.target.params.Get("device"), seen: map[string]float64{}}, nil
		},
	}
}

// leading is the metric's name at the start of a selector.
var leading = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*`)

// selected resolves the selector's metric as prom: does its metric=.
func selected(t target, spec plimsoll.PowerSpec, e *Expect) (metric, error) {
	query := t.params.Get("query")
	name := leading.FindString(query)
	if name == "" || strings.ContainsAny(query[len(name):], "()[]") {
		return metric{}, &Error{Problem: "query is not a plain selector", Hint: "raw samples are needed, so name one metric: query=DCGM_FI_DEV_POWER_USAGE%7Bjob%3D%22gpu%22%7D, without functions and ranges"}
	}
	named := target{base: t.base, params: url.Values{"metric": {name}, "unit": t.params["unit"]}}
	list, err := promMetrics(named, spec, e)
	if err != nil {
		return metric{}, err
	}
	e.Source = "Prometheus raw samples of " + name
	return list[0], nil
}

// prometheus asks for what was scraped since the last reading. Functions such as
// rate and avg_over_time extrapolate to a window's edges or ignore time, so only
// raw samples are taken and integrated here.
type prometheus struct {
	*fetcher
	address string
	query   string
	metric  metric
	stated  bool // unit= was given
	label   string
	seen    map[string]float64 // latest stamp by device, s
	asked   time.Time
}

// firstLook is how far back the first reading goes, so that the series begins
// before whatever begins with the meter.
const firstLook = time.Minute

func (p *prometheus) read(ctx context.Context) ([]reading, error) {
	offset, err := p.offset(ctx)
	if err != nil {
		return nil, err
	}
	look := firstLook
	if !p.asked.IsZero() {
		look = min(max(look, time.Since(p.asked)+10*time.Second), time.Hour)
	}
	var data struct {
		Result []struct {
			Metric map[string]string `json:"metric"`
			Values []stamped         `json:"values"`
		} `json:"result"`
	}
	asked := time.Now()
	if err := p.ask(ctx, fmt.Sprintf("%s[%ds]", p.query, int(look.Seconds())), &data); err != nil {
		return nil, err
	}
	p.asked = asked
	if len(data.Result) == 0 {
		return nil, &noted{reason: ReasonSamplesMissing, err: errors.New("the query finds no series in the last " + look.String())}
	}
	var list []reading
	for _, series := range data.Result {
		device := identity(series.Metric, p.label)
		if device == "" && len(data.Result) == 1 {
			device = "total"
		}
		if partition := series.Metric["gpu_partition_id"]; partition != "" && partition != "0" {
			continue
		}
		if device == "" {
			one := blank("")
			one.note = ReasonDeviceIdentity
			return []reading{one}, nil
		}
		list = append(list, p.fresh(device, series.Values, offset)...)
	}
	return list, nil
}

// fresh returns the samples that no earlier reading had. Series that share a
// device, such as MIG instances, repeat its stamps and are left out with them.
func (p *prometheus) fresh(device string, values []stamped, offset time.Duration) []reading {
	var list []reading
	last := p.seen[device]
	for _, v := range values {
		if v.at <= last || math.IsNaN(v.at) {
			continue
		}
		one := blank(device)
		one.set(p.metric.unit, v.value)
		one.at = time.UnixMilli(int64(v.at * 1000)).Add(-offset)
		list = append(list, one)
		p.seen[device] = v.at
	}
	return list
}

// offset is the server's clock minus ours, from the middle of a request; half of
// the round trip bounds its error.
func (p *prometheus) offset(ctx context.Context) (time.Duration, error) {
	var data struct {
		Result stamped `json:"result"`
	}
	before := time.Now()
	if err := p.ask(ctx, "time()", &data); err != nil {
		return 0, err
	}
	trip := time.Since(before)
	if trip/2 > clockBound {
		return 0, &noted{reason: ReasonClockOffset, err: fmt.Errorf("the clock's offset is known to %s only: the server answers slowly", trip/2)}
	}
	server := time.UnixMilli(int64(data.Result.value * 1000))
	return server.Sub(before.Add(trip / 2)), nil
}

// ask runs an instant query and decodes its data.
func (p *prometheus) ask(ctx context.Context, query string, data any) error {
	body, err := p.get(ctx, p.address+"?query="+url.QueryEscape(query))
	if err != nil {
		return err
	}
	var answer struct {
		Status string          `json:"status"`
		Error  string          `json:"error"`
		Data   json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return fmt.Errorf("Prometheus answer: %w", err)
	}
	if answer.Status != "success" {
		return fmt.Errorf("Prometheus says %s: %s", cmp.Or(answer.Status, "nothing"), shorten(answer.Error))
	}
	if err := json.Unmarshal(answer.Data, data); err != nil {
		return fmt.Errorf("Prometheus answer: %w", err)
	}
	return nil
}

// stamped is Prometheus' pair of a time in seconds and a value as text.
type stamped struct{ at, value float64 }

func (s *stamped) UnmarshalJSON(text []byte) error {
	var pair []json.RawMessage
	if err := json.Unmarshal(text, &pair); err != nil {
		return err
	}
	if len(pair) != 2 {
		return fmt.Errorf("%d members where a time and a value belong", len(pair))
	}
	var value string
	err := errors.Join(json.Unmarshal(pair[0], &s.at), json.Unmarshal(pair[1], &value))
	if err != nil {
		return err
	}
	s.value, err = strconv.ParseFloat(value, 64)
	return err
}
