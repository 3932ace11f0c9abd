package power

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"plimsoll"
	"plimsoll/scrape/promtest"
)

// fakePrometheus answers time() and range selectors from a scripted curve, scraped
// every second by a clock that is ahead by skew.
func fakePrometheus(t *testing.T, skew time.Duration, labels string) string {
	t.Helper()
	start := time.Now().Add(skew)
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.URL.Path != "/api/v1/query" {
			http.Error(w, "no", http.StatusNotFound)
			return
		}
		now := time.Now().Add(skew)
		query := r.URL.Query().Get("query")
		if query == "time()" {
			fmt.Fprintf(w, `{"status":"success","data":{"resultType":"scalar","result":[%.3f,"%.3f"]}}`, float64(now.UnixMilli())/1e3, float64(now.UnixMilli())/1e3)
			return
		}
		if !strings.HasPrefix(query, "DCGM_FI_DEV_POWER_USAGE{job=\"gpu\"}[") {
			http.Error(w, `{"status":"error","error":"parse error"}`, http.StatusBadRequest)
			return
		}
		var values []string
		for at := start.Add(-30 * time.Second); at.Before(now); at = at.Add(20 * time.Millisecond) {
			values = append(values, fmt.Sprintf(`[%.3f,"%.2f"]`, float64(at.UnixMilli())/1e3, 500.25+float64(at.UnixMilli()%97)))
		}
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":"matrix","result":[{"metric":%s,"values":[%s]}]}}`, labels, strings.Join(values, ","))
	})
}

const selector = "?query=DCGM_FI_DEV_POWER_USAGE%7Bjob%3D%22gpu%22%7D"

// TestPrometheus: raw samples come once each, on our clock although the server's is
// far off.
func TestPrometheus(t *testing.T) {
	url := fakePrometheus(t, 90*time.Second, `{"__name__":"DCGM_FI_DEV_POWER_USAGE","UUID":"GPU-a"}`)
	began := time.Now()
	got := readings(t, "prometheus:"+url+selector, Config{Period: 50 * time.Millisecond, Epoch: began}, 1515)
	seen := map[plimsoll.Instant]bool{}
	for _, s := range got {
		if s.Note != "" {
			t.Fatalf("%+v", s)
		}
		if age := s.At.Sub(s.DeviceAt); age < -clockBound || age > 31*time.Second {
			t.Fatalf("a sample %s old: the server's clock was not corrected", age)
		}
		seen[plimsoll.Instant(math.Round(s.DeviceAt.Seconds()*50))] = true
	}
	if len(seen) < len(got)*9/10 {
		t.Errorf("%d samples at %d instants: some came twice", len(got), len(seen))
	}
}

func TestPrometheusTrouble(t *testing.T) {
	two := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("query") == "time()" {
			fmt.Fprintf(w, `{"status":"success","data":{"result":[1,"%d"]}}`, time.Now().Unix())
			return
		}
		fmt.Fprint(w, `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"1"},"values":[[1,"2"]]},{"metric":{"a":"2"},"values":[[1,"2"]]}]}}`)
	})
	list, err := open(t, "prometheus:"+two+selector, Config{}).read(t.Context())
	if err != nil || len(list) != 1 || list[0].note != ReasonDeviceIdentity {
		t.Errorf("%+v %v", list, err)
	}
	slow := serve(t, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(2*clockBound + 50*time.Millisecond)
		fmt.Fprint(w, `{"status":"success","data":{"result":[1,"1"]}}`)
	})
	if _, err = open(t, "prometheus:"+slow+selector, Config{}).read(t.Context()); noteOf(err) != ReasonClockOffset {
		t.Errorf("%v", err)
	}
	for answer, want := range map[string]string{
		`{"status":"error","error":"query timed out"}`: "query timed out",
		`{}`:     "says nothing",
		`<html>`: "Prometheus answer",
		`{"status":"success","data":{"result":[1]}}`: "1 members",
	} {
		broken := serve(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, answer) })
		if _, err := open(t, "prometheus:"+broken+selector, Config{}).read(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", answer, err, want)
		}
	}
	for _, text := range []string{"?query=sum(x)", "?query=", "?query=x%5B5m%5D"} {
		if _, err := New(spec(t, "prometheus:http://127.0.0.1:9090"+text), Config{}); err == nil || !strings.Contains(err.Error(), "plain selector") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestRealPrometheus lets a Prometheus server of the distribution scrape a fake
// dcgm-exporter of known energy, and integrates what it stored.
func TestRealPrometheus(t *testing.T) {
	began := time.Now()
	load := burst(600, 200, 20)
	exporter := serve(t, func(w http.ResponseWriter, r *http.Request) {
		s := time.Since(began).Seconds()
		fmt.Fprintf(w, "DCGM_FI_DEV_POWER_USAGE{gpu=\"0\",UUID=\"GPU-a\"} %.3f\nDCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{gpu=\"0\",UUID=\"GPU-a\"} %.0f\n", load.watts(s), 1000*load.joules(s))
	})
	server := promtest.Start(t, "gpu", strings.TrimPrefix(exporter, "http://"), "DCGM_FI_DEV_POWER_USAGE")
	for _, metric := range []string{"DCGM_FI_DEV_POWER_USAGE", "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"} {
		t.Run(metric, func(t *testing.T) {
			t.Parallel() // both wait for the same scrapes
			text := "prometheus:" + server + "?query=" + url.QueryEscape(metric+`{job="gpu"}`)
			samples := readings(t, text, Config{Epoch: began, Period: time.Second}, 80)
			slices.SortFunc(samples, func(a, b plimsoll.Sample) int { return int(a.DeviceAt - b.DeviceAt) })
			e, err := Describe(spec(t, text))
			if err != nil {
				t.Fatal(err)
			}
			e.MinWindow = time.Second
			w := plimsoll.Window{Start: samples[5].DeviceAt + 1, End: samples[len(samples)-5].DeviceAt - 1}
			got := Integrate(samples, w, e)
			want := load.joules(w.End.Seconds()) - load.joules(w.Start.Seconds())
			if off := math.Abs(got.Joules-want) / want; !got.Valid || off > 0.005 {
				t.Errorf("%.1f J, want %.1f J, off by %.3f %%: %+v", got.Joules, want, 100*off, got)
			}
		})
	}
}
