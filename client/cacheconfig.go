package client

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// cacheConfig puts what an engine's Prometheus page says of its cache into the map:
// the labels of NAME:cache_config_info, which vLLM and SGLang serve, a line an engine
// (data-parallel rank). The page's other lines, which change, are no part of it.
func cacheConfig(into map[string]string, prefix string, page []byte) {
	for line := range bytes.Lines(page) {
		name, rest, ok := bytes.Cut(line, []byte("{"))
		if !ok || !bytes.HasSuffix(name, []byte(":cache_config_info")) {
			continue
		}
		labels := labelsOf(string(rest))
		under := prefix
		if rank, err := strconv.Atoi(labels["engine"]); err == nil && rank > 0 {
			under += fmt.Sprintf(".engine%d", rank)
		}
		for label, value := range labels {
			if full := under + "." + label; label != "engine" && label != "model_name" && !unfit(label) && (len(into) < maxDetails || into[full] != "") {
				detail(into, full, value)
			}
		}
	}
}

// labelsOf reads NAME="VALUE", one after another, up to what is none.
func labelsOf(text string) map[string]string {
	out := map[string]string{}
	for {
		name, rest, ok := strings.Cut(text, `="`)
		end := 0
		for end < len(rest) && rest[end] != '"' {
			if rest[end] == '\\' {
				end++
			}
			end++
		}
		if name = strings.Trim(name, ", "); !ok || end >= len(rest) || name == "" {
			return out
		}
		out[name] = rest[:end]
		text = rest[end+1:]
	}
}
