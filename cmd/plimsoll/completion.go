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

// offer is what may follow a command: the names of its own commands and its flags.
type offer struct {
	path  []string // the command's name and its parent's
	words []string
}

// Run writes the script to standard output.
func (c *CompletionCmd) Run(k *kong.Kong, io *IO) error {
	var offers []offer
	for _, node := range k.Model.Children {
		top := offer{path: []string{node.Name}, words: flagsOf(node)}
		for _, sub := range node.Children {
			top.words = append(top.words, sub.Name)
			offers = append(offers, offer{[]string{node.Name, sub.Name}, flagsOf(sub)})
		}
		if node.DefaultCmd != nil { // its name may be left out
			top.words = append(top.words, flagsOf(node.DefaultCmd)...)
		}
		offers = append(offers, top)
	}
	var b strings.Builder
	switch c.Shell {
	case "fish":
		fish(&b, offers)
	case "zsh":
		b.WriteString("#compdef plimsoll\nautoload -U +X bashcompinit && bashcompinit\n")
		fallthrough
	default:
		bash(&b, offers)
	}
	_, err := fmt.Fprint(io.Out, b.String())
	return err
}

func flagsOf(node *kong.Node) (flags []string) {
	for _, group := range node.AllFlags(true) {
		for _, flag := range group {
			flags = append(flags, "--"+flag.Name)
		}
	}
	return flags
}

func bash(b *strings.Builder, offers []offer) {
	var commands []string
	for _, o := range offers {
		if len(o.path) == 1 {
			commands = append(commands, o.path[0])
		}
	}
	b.WriteString("_plimsoll() {\n  local cur=${COMP_WORDS[COMP_CWORD]} words\n  COMPREPLY=()\n")
	fmt.Fprintf(b, "  if [ \"$COMP_CWORD\" -eq 1 ]; then words=%q\n  else case \"${COMP_WORDS[*]:1:COMP_CWORD-1} \" in\n", strings.Join(commands, " "))
	for _, o := range offers { // a command's own commands stand before it
		fmt.Fprintf(b, "    %q*) words=%q ;;\n", strings.Join(o.path, " ")+" ", strings.Join(o.words, " "))
	}
	b.WriteString("  esac; fi\n  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\ncomplete -o default -F _plimsoll plimsoll\n")
}

func fish(b *strings.Builder, offers []offer) {
	for _, o := range offers {
		if len(o.path) == 1 {
			fmt.Fprintf(b, "complete -c plimsoll -f -n __fish_use_subcommand -a %s\n", o.path[0])
		}
		when := "__fish_seen_subcommand_from " + strings.Join(o.path, "; and __fish_seen_subcommand_from ")
		for _, word := range o.words {
			if flag, ok := strings.CutPrefix(word, "--"); ok {
				fmt.Fprintf(b, "complete -c plimsoll -n '%s' -l %s\n", when, flag)
			} else {
				fmt.Fprintf(b, "complete -c plimsoll -n '%s' -a %s\n", when, word)
			}
		}
	}
}
