package client

import (
	"strings"
	"testing"
)

// What an engine says of itself, whatever it is, becomes a bounded flat list without
// members that are named like a secret.
func FuzzIdentity(f *testing.F) {
	for _, body := range []string{
		`{"version":"1.2"}`, `{"data":[{"id":"m","max_model_len":100,"meta":{"n_ctx":7}}]}`, `{"a":{"b":{"c":1}},"api_key":"x","hf_token":"y"}`, `{"_token.":"0","token":"1"}`, `[[[]]]`, `x:cache_config_info{a="b\\"c",engine="1",my_key="z"} 1`, `null`, ``,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		into := map[string]string{}
		flatten(into, "props", body)
		cacheConfig(into, "props", body)
		if len(into) > 256 {
			t.Fatalf("%d members", len(into))
		}
		for name := range into {
			for part := range strings.SplitSeq(name, ".") {
				if part != "props" && unfit(part) {
					t.Fatalf("member %q", name)
				}
			}
		}
		for _, m := range servedModels(body) {
			if m.context() < 0 && m.MaxLen > 0 {
				t.Fatalf("%+v", m)
			}
		}
	})
}
