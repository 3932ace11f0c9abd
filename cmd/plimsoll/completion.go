package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// CompletionCmd prints a completion script made from the command line's own model.
type CompletionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Run writes the script to standard output.
func (c *CompletionCmd) Run(k *kong.Kong, io *IO) error {
	words := map[string][]string{"": nil}
	for _, node := range k.Model.Children {
		if node.Hidden {
			continue
		}
		words[""] = append(words[""], node.Name)
		for _, sub := range node.Children {
			words[node.Name] = append(words[node.Name], sub.Name)
		}
		for _, group := range node.AllFlags(true) {
			for _, flag := range group {
				words[node.Name] = append(words[node.Name], "--"+flag.Name)
			}
		}
	}
	switch c.Shell {
	case "fish":
		return c.fish(words, io)
	case "zsh":
		fmt.Fprintln(io.Out, "#compdef plimsoll\nautoload -U +X bashcompinit && bashcompinit")
	}
	return c.bash(words, io)
}

func (c *CompletionCmd) bash(words map[string][]string, io *IO) error {
	var b strings.Builder
	b.WriteString("_plimsoll() {\n  local cur=${COMP_WORDS[COMP_CWORD]} words\n  COMPREPLY=()\n")
	fmt.Fprintf(&b, "  if [ \"$COMP_CWORD\" -eq 1 ]; then words=%q\n  else case ${COMP_WORDS[1]} in\n", strings.Join(words[""], " "))
	for _, command := range words[""] {
		fmt.Fprintf(&b, "    %s) words=%q ;;\n", command, strings.Join(words[command], " "))
	}
	b.WriteString("  esac; fi\n  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\ncomplete -o default -F _plimsoll plimsoll\n")
	_, err := fmt.Fprint(io.Out, b.String())
	return err
}

func (c *CompletionCmd) fish(words map[string][]string, io *IO) error {
	for _, command := range words[""] {
		fmt.Fprintf(io.Out, "complete -c plimsoll -f -n __fish_use_subcommand -a %s\n", command)
		for _, word := range words[command] {
			if flag, ok := strings.CutPrefix(word, "--"); ok {
				fmt.Fprintf(io.Out, "complete -c plimsoll -n '__fish_seen_subcommand_from %s' -l %s\n", command, flag)
			} else {
				fmt.Fprintf(io.Out, "complete -c plimsoll -n '__fish_seen_subcommand_from %s' -a %s\n", command, word)
			}
		}
	}
	return nil
}
