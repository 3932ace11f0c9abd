package trajectory

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"plimsoll"
)

type localManifest struct {
	Name    string      `json:"name"`
	Source  string      `json:"source"`
	Mode    string      `json:"mode"`
	Version int         `json:"version"`
	Tasks   []localTask `json:"tasks"`
}

type localTask struct {
	TaskID     string  `json:"task_id"`
	Trace      string  `json:"trace"`
	Source     string  `json:"source_recording"`
	ModelCalls int     `json:"model_calls"`
	ToolCalls  int     `json:"tool_calls"`
	DelayMS    float64 `json:"total_recorded_tool_delay_ms"`
}

type localRow struct {
	Version  int             `json:"version"`
	TurnID   string          `json:"turn_id"`
	TaskID   string          `json:"task_id"`
	ID       string          `json:"conversation_id"`
	Index    int             `json:"conversation_idx"`
	Messages []chatMessage   `json:"messages"`
	Tools    jsontext.Value  `json:"tools,omitempty"`
	DelayMS  float64         `json:"simulated_tool_delay_ms_after"`
	Target   int             `json:"target_output_tokens,omitzero"`
	Calls    []localToolCall `json:"recorded_tool_calls_after,omitempty"`
}

type localToolCall struct {
	Name       string  `json:"tool_name"`
	ID         string  `json:"tool_call_id"`
	DurationMS float64 `json:"duration_ms"`
}

// exportLocal writes a replay folder of AgentPerf-Local: each request whole, so
// its size is quadratic in the number of turns. The folder must not exist yet.
func exportLocal(dir string, ts []*plimsoll.Trajectory) (err error) {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return fmt.Errorf("convert: %w; name a folder that does not exist yet", err)
	}
	defer func() {
		if err != nil {
			os.RemoveAll(dir) // ours: made above
		}
	}()
	if err := os.Mkdir(filepath.Join(dir, "traces"), 0o755); err != nil {
		return fmt.Errorf("convert: %w", err)
	}
	manifest := localManifest{Name: SetName(dir), Source: "plimsoll", Mode: "single_user_agentic_replay", Version: 1}
	for i, t := range ts {
		for _, c := range conversations(t) {
			name := fmt.Sprintf("traces/%05d-%s.jsonl", i, fileName(c.ID))
			task := localTask{TaskID: c.ID, Trace: name, Source: t.ID}
			if err := SaveTo(filepath.Join(dir, name), func(w io.Writer) error { return localTrace(w, t, &c, &task) }); err != nil {
				return err
			}
			manifest.Tasks = append(manifest.Tasks, task)
		}
	}
	return SaveTo(filepath.Join(dir, "manifest.json"), func(w io.Writer) error { return writeRow(w, manifest) })
}

func localTrace(w io.Writer, t *plimsoll.Trajectory, c *conversation, task *localTask) error {
	var history []chatMessage
	var open *localRow // waits for the delay behind it
	flush := func() error {
		if open == nil {
			return nil
		}
		task.DelayMS += open.DelayMS
		task.ToolCalls += len(open.Calls)
		return writeRow(w, open)
	}
	for _, step := range c.Steps {
		m, err := chat(step.Segments)
		if err != nil {
			return err
		}
		if open != nil {
			open.DelayMS += step.Delay.Seconds() * 1e3
		}
		if step.Turn >= 0 {
			turn := &t.Turns[step.Turn]
			if open != nil {
				for _, e := range turn.Tools {
					open.Calls = append(open.Calls, localToolCall{e.Name, e.CallID, e.Duration.Seconds() * 1e3})
				}
			}
			if err := flush(); err != nil {
				return err
			}
			open = &localRow{
				Version: 1, TurnID: fmt.Sprintf("%s:%04d", c.ID, task.ModelCalls), TaskID: c.ID, ID: c.ID, Index: task.ModelCalls,
				Messages: history[:len(history):len(history)], Tools: rawTools(c.Tools), Target: turn.OutputTokens,
			}
			task.ModelCalls++
			m.Reasoning = "" // replies go back without it
		}
		history = append(history, m)
	}
	return flush()
}

// fileName makes a name that is one on every system.
func fileName(id string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '_'
	}, id)
	return name[:min(len(name), 80)]
}
