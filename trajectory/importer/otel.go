package importer

import (
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"plimsoll"
)

// otel reads spans of OpenTelemetry's GenAI conventions with content capture on:
// {spans: [...]}, JSONL of spans, or OTLP's resourceSpans.
func otel() Format {
	return Format{
		Name: "otel", Version: "OTel GenAI semantic conventions (development, 2026)",
		About: "OpenTelemetry GenAI spans with captured content",
		is: func(h head) bool {
			v := h.first()
			return v.has("spans[].attributes") || v.has("resourceSpans") || (v.has("span_id", "attributes"))
		},
		read: readOTel,
	}
}

type otelSpan struct {
	TraceID   string         `json:"trace_id"`
	SpanID    string         `json:"span_id"`
	Name      string         `json:"name"`
	StartTime string         `json:"start_time"`
	EndTime   string         `json:"end_time"`
	StartNano string         `json:"startTimeUnixNano"`
	EndNano   string         `json:"endTimeUnixNano"`
	OTLPTrace string         `json:"traceId"`
	Attrs     jsontext.Value `json:"attributes"`
}

type otelValue struct {
	TraceID       string     `json:"trace_id"`
	Spans         []otelSpan `json:"spans"`
	ResourceSpans []struct {
		ScopeSpans []struct {
			Spans []otelSpan `json:"spans"`
		} `json:"scopeSpans"`
	} `json:"resourceSpans"`
	otelSpan `json:",inline"`
}

func readOTel(in *input) ([]*plimsoll.Trajectory, error) {
	var spans []otelSpan
	err := in.eachValue(func(_ int, raw []byte) error {
		var v otelValue
		if err := decode(raw, &v); err != nil {
			return err
		}
		for _, r := range v.ResourceSpans {
			for _, scope := range r.ScopeSpans {
				spans = append(spans, scope.Spans...)
			}
		}
		spans = append(spans, v.Spans...)
		if len(v.otelSpan.Attrs) > 0 {
			spans = append(spans, v.otelSpan)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	log := newSessions(in)
	chats, err := otelChats(spans)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.path, err)
	}
	for _, c := range chats {
		if err := c.turn(log); err != nil {
			return nil, fmt.Errorf("%s: span %.40q: %w", in.path, c.id, err)
		}
	}
	return log.end(), nil
}
