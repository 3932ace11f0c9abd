package config

import (
	"encoding/json"
	"testing"
)

func TestCredential(t *testing.T) {
	for value, want := range map[string]bool{
		"sk-abc": true, "hf_xyz": true, "nvapi-1": true, "ghp_a1": true, "github_pat_1": true, "glpat-x": true, "xoxb-1": true,
		"AKIAIOSFODNN7EXAMPLE": true, "Bearer x": true, "basic dTpw": true, "eyJhbGciOi.eyJzdWIi.sig": true,
		"5d1f0c7e9b41d8a65d1f0c7e": true, "123e4567-e89b-12d3-a456-426614174000": true, "dGhpcyBpcyBhIGtleSA5": true,

		"": false, "tenant-7": false, "v1.2.3": false, "2026-11-25T10:00:00Z": false, "true": false, "agentic-coding-benchmark": false,
		"https://docs.example/some/page/12345": false, "a sentence of 20 or more characters": false, "123456789012345678901234": false,
		"application/json": false, "sky": false, "basic": false,
	} {
		if credential(value) != want {
			t.Errorf("%q: %t", value, !want)
		}
	}
}

// TestSecretsAreRefusedWhateverTheyAreCalled: under a harmless name, at any depth.
func TestSecretsAreRefusedWhateverTheyAreCalled(t *testing.T) {
	const key = "5d1f0c7e9b41d8a65d1f0c7e"
	if checkHeader("X-Tenant", key) == nil || checkHeader("X-Tenant", "blue") != nil || checkHeader("X-Tenant", HeaderFromEnv+key) != nil {
		t.Error("headers")
	}
	for body, refused := range map[string]bool{
		`"` + key + `"`: true, `{"a": [1, {"b": "` + key + `"}]}`: true, `{"api_key": 1}`: true, `[{"password": null}]`: true,
		`{"max_tokens": 5, "a": ["b"]}`: false, `null`: false, `12345678901234567890123`: false,
	} {
		if err := checkMember("user", json.RawMessage(body)); (err != nil) != refused {
			t.Errorf("%s: %v", body, err)
		}
	}
}
