package main

import "github.com/alecthomas/kong"

// examples are those of commands whose line says what there is to say of them; the
// others tell more in their Help.
func examples() map[string]string {
	return map[string]string{
		"plimsoll": `  plimsoll run                                        rehearse on a simulated engine, two minutes
  plimsoll run --url http://127.0.0.1:8000/v1 --accelerators 8 --preset standard
  plimsoll report runs/NAME
  plimsoll serve`,
		"plimsoll verify": `  plimsoll verify runs/NAME
  plimsoll verify runs/* --pubkey my.key.pub`,
		"plimsoll keygen": `  plimsoll keygen my.key`,
		"plimsoll sign":   `  plimsoll sign runs/NAME --key-file my.key`,
		"plimsoll schema": `  plimsoll schema result > result.schema.json`,
		"plimsoll completion": `  source <(plimsoll completion bash)
  plimsoll completion zsh > "${fpath[1]}/_plimsoll"
  plimsoll completion fish > ~/.config/fish/completions/plimsoll.fish`,
		"plimsoll tiers list": `  plimsoll tiers list`,
		"plimsoll tiers show": `  plimsoll tiers show aa-2026-06/gpt-oss-120b > tiers.yaml
  plimsoll run --virtual --tiers ./tiers.yaml`,
		"plimsoll simulate list":   `  plimsoll simulate list`,
		"plimsoll simulate system": `  plimsoll simulate system h200 --model llama-3.1-70b --layout 2xtp4 --tier 20tps/10s`,
		"plimsoll simulate published": `  plimsoll simulate published --only h200
  plimsoll simulate published --chosen --json`,
		"plimsoll power check": `  plimsoll power check 'dcgm:http://127.0.0.1:9400/metrics' --accelerators 8
  plimsoll power check nvidia-smi: static:10.2kW@node_ac --for 30s`,
		"plimsoll power watch":         `  plimsoll power watch nvidia-smi: static:10.2kW@node_ac`,
		"plimsoll power integrate":     `  plimsoll power integrate runs/NAME --pue 1.2`,
		"plimsoll trajectories import": `  plimsoll trajectories import ~/.claude/projects/mine/*.jsonl -o mine.jsonl.zst`,
		"plimsoll trajectories stats":  `  plimsoll trajectories stats mine.jsonl --tokenizer o200k`,
		"plimsoll trajectories check":  `  plimsoll trajectories check mine.jsonl`,
		"plimsoll trajectories cut":    `  plimsoll trajectories cut mine.jsonl --max-context 32000 --max-turns 40 -o short.jsonl`,
		"plimsoll trajectories sample": `  plimsoll trajectories sample mine.jsonl -n 50 --seed 7 -o some.jsonl`,
		"plimsoll trajectories convert": `  plimsoll trajectories convert mine.jsonl --to mlperf -o rows.jsonl
  plimsoll trajectories convert mine.jsonl --to agentperf-local -o folder`,
		"plimsoll trajectories synth": `  plimsoll trajectories synth --preset aa --count 500 -o aa.jsonl.zst
  plimsoll run --virtual --trajectories ./aa.jsonl.zst`,
		"plimsoll trajectories seal":   `  plimsoll trajectories seal mine.jsonl -r age1... --commitment public.json -o mine.age`,
		"plimsoll trajectories open":   `  plimsoll trajectories open mine.age --identity-env AGE_KEY -o mine.jsonl`,
		"plimsoll trajectories reveal": `  plimsoll trajectories reveal mine.age --identity-env AGE_KEY --leaf 3 -o proof.json`,
		"plimsoll trajectories verify": `  plimsoll trajectories verify proof.json --commitment public.json`,
		"plimsoll trajectories schema": `  plimsoll trajectories schema > trajectory.schema.json`,
	}
}

// addExamples puts them under what a command's help says.
func addExamples(k *kong.Kong) error {
	of := examples()
	return kong.Visit(k.Model, func(node kong.Visitable, next kong.Next) error {
		command, ok := node.(*kong.Node)
		if app, is := node.(*kong.Application); is {
			command, ok = app.Node, true
		}
		if text := ""; ok {
			if text = of[command.FullPath()]; text != "" {
				if command.Detail == "" {
					command.Detail = "For example:"
				}
				command.Detail += "\n\n" + text
			}
		}
		return next(nil)
	})
}
