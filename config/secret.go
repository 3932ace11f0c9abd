package config

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// HeaderFromEnv begins a header's value that is the name of an environment variable.
const HeaderFromEnv = "env:"

// checkHeader refuses a secret by value: run.yaml would hold it.
func checkHeader(name, value string) error {
	if strings.HasPrefix(value, HeaderFromEnv) {
		return nil
	}
	if named(name, "auth", "cookie", "key", "token", "secret", "password") || credential(value) {
		return fmt.Errorf("header %s looks like a secret and would stand in run.yaml: give it as %s=%sNAME with the value in that environment variable", name, name, HeaderFromEnv)
	}
	return nil
}

// checkMember refuses a secret in the extra body, at any depth: the result would hold it.
func checkMember(name string, value json.RawMessage) error {
	if named(name, "api_key", "apikey", "api-key", "authorization", "password", "secret") {
		return secretMember(name)
	}
	var members map[string]json.RawMessage
	var elements []json.RawMessage
	var text string
	switch {
	case json.Unmarshal(value, &members) == nil:
		for inner, v := range members {
			if err := checkMember(inner, v); err != nil {
				return err
			}
		}
	case json.Unmarshal(value, &elements) == nil:
		for _, v := range elements {
			if err := checkMember(name, v); err != nil {
				return err
			}
		}
	case json.Unmarshal(value, &text) == nil && credential(text):
		return secretMember(name)
	}
	return nil
}

func secretMember(name string) error {
	return fmt.Errorf("extra body: member %q looks like a secret and would stand in the result: give it as --header NAME=%sVARIABLE", name, HeaderFromEnv)
}

func named(name string, words ...string) bool {
	low := strings.ToLower(name)
	for _, word := range words {
		if strings.Contains(low, word) {
			return true
		}
	}
	return false
}

var (
	// issued are the forms in which services issue keys, and that of a JSON web token.
	issued = regexp.MustCompile(`(?i)^(bearer |basic |sk-|hf_|nvapi-|gh[opsu]_|github_pat_|glpat-|xox[a-z]-|akia[0-9a-z]{12}|eyj[\w-]+\.[\w-]+\.)`)
	// opaque is a long word as keys are. UUIDs are among them: some services use them so.
	opaque = regexp.MustCompile(`^[\w+/=~.-]{20,}$`)
)

// credential reports whether a value looks like a key, whatever it is called: by the
// form in which services issue keys, or as 20 or more characters without a space that
// mix letters and digits.
func credential(value string) bool {
	return issued.MatchString(value) || opaque.MatchString(value) &&
		strings.ContainsAny(value, "0123456789") && strings.ContainsFunc(value, func(r rune) bool { return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' })
}
