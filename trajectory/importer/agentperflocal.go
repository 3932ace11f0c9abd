package importer

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"plimsoll"
	"plimsoll/trajectory"
)

// agentperfLocal reads AA-AgentPerf-Local's replay folders: manifest.json and a
// JSONL file of whole requests for every task.
func agentperfLocal() Format {
	return Format{
		Name: "agentperf-local", Unseen: true, Version: "aa-agentperf-local, replay version 1 (2026-09)",
		About: "AgentPerf-Local replay folder (manifest.json, traces/*.jsonl), or one of its trace files",
		is:    func(h head) bool { return h.first().has("task_id", "messages", "simulated_tool_delay_ms_after") },
		read:  readAgentPerfLocal,
	}
}

type localRow struct {
	TaskID          string           `json:"task_id"`
	ConversationID  string           `json:"conversation_id"`
	ConversationIdx int              `json:"conversation_idx"`
	Messages        []jsontext.Value `json:"messages"`
	Tools           jsontext.Value   `json:"tools"`
	DelayMS         float64          `json:"simulated_tool_delay_ms_after"`
	Target          int              `json:"target_output_tokens"`
	RecordedInput   int              `json:"recorded_prompt_tokens"`
	RecordedOutput  int              `json:"recorded_completion_tokens"`
	ModelMS         float64          `json:"recorded_model_duration_ms"`
	ToolCalls       []struct {
		Name       string  `json:"tool_name"`
		ID         string  `json:"tool_call_id"`
		DurationMS float64 `json:"duration_ms"`
	} `json:"recorded_tool_calls_after"`
}

type localManifest struct {
	Name  string `json:"name"`
	Tasks []struct {
		TaskID string `json:"task_id"`
		Trace  string `json:"trace"`
	} `json:"tasks"`
}

func readAgentPerfLocal(in *input) ([]*plimsoll.Trajectory, error) {
	if info, err := os.Stat(in.path); err == nil && info.IsDir() {
		return readLocalFolder(in.path)
	}
	return readLocalTrace(in)
}

// readLocalFolder reads the traces that a manifest names; none may lie outside of
// the folder.
func readLocalFolder(dir string) ([]*plimsoll.Trajectory, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	defer root.Close()
	open := func(name string) *input {
		return &input{filepath.Join(dir, name), func() (io.ReadCloser, error) {
			f, err := root.Open(filepath.FromSlash(name))
			if err != nil {
				return nil, fmt.Errorf("trace %.80q: %w", name, err)
			}
			return f, nil
		}, trajectory.MaxLine}
	}
	var manifest localManifest
	if err := open("manifest.json").document(&manifest); err != nil {
		return nil, err
	}
	var out []*plimsoll.Trajectory
	for i, task := range manifest.Tasks {
		name := task.Trace
		if name == "" || !filepath.IsLocal(filepath.FromSlash(name)) {
			return nil, fmt.Errorf("%s: tasks[%d]: trace path %.80q must stay inside of the folder", filepath.Join(dir, "manifest.json"), i, name)
		}
		ts, err := readLocalTrace(open(name))
		if err != nil {
			return nil, err
		}
		out = append(out, ts...)
	}
	if len(out) == 0 {
		return nil, errors.New("manifest.json names no task")
	}
	return out, nil
}

func readLocalTrace(in *input) ([]*plimsoll.Trajectory, error) {
	var out []*plimsoll.Trajectory
	tasks := map[string]*localTask{}
	err := in.eachLine(func(_ int, line []byte) error {
		var row localRow
		if err := decode(line, &row); err != nil {
			return err
		}
		id := row.TaskID
		if row.ConversationID != "" && row.ConversationID != id {
			id = strings.TrimPrefix(id+"/"+row.ConversationID, "/")
		}
		task := tasks[id]
		if task == nil {
			schemas, err := toolSet(row.Tools)
			if err != nil {
				return err
			}
			task = &localTask{snapshots: newSnapshots(trajectory.NewBuilder(id), decodeChat)}
			requestFidelity(task.b.T, schemas)
			task.b.T.Fidelity["timing"] = plimsoll.Exact
			if schemas != "" {
				task.b.Tools(schemas)
			}
			tasks[id] = task
			out = append(out, task.b.T)
		}
		return task.row(&row)
	})
	if err != nil {
		return nil, err
	}
	for _, t := range out {
		scaffold(t)
		if last := &t.Turns[len(t.Turns)-1]; last.OutputTokens > 0 {
			t.Fidelity["last_reply"] = plimsoll.Derived
		}
		recordedTokens(t)
	}
	return out, nil
}

type localTask struct {
	*snapshots
	delay time.Duration // after the last row
	tools []plimsoll.ToolEvent
	clock time.Duration
}

func (t *localTask) row(row *localRow) error {
	if want := len(t.b.T.Turns); row.ConversationIdx != want {
		return fmt.Errorf("conversation_idx is %d; the next is %d (0, 1, 2, ... without a gap)", row.ConversationIdx, want)
	}
	if err := errors.Join(checkSeconds("simulated_tool_delay_ms_after", row.DelayMS/1e3), checkSeconds("recorded_model_duration_ms", row.ModelMS/1e3)); err != nil {
		return err
	}
	if row.Target < 0 || row.RecordedInput < 0 || row.RecordedOutput < 0 {
		return fmt.Errorf("token counts %d, %d, %d must not be negative", row.Target, row.RecordedInput, row.RecordedOutput)
	}
	turn := plimsoll.Turn{Delay: t.delay, Tools: t.tools, PromptTokens: row.RecordedInput, OutputTokens: row.Target, Started: t.clock}
	if turn.OutputTokens == 0 {
		turn.OutputTokens = row.RecordedOutput
	}
	t.clock += inSeconds(row.ModelMS / 1e3)
	turn.Ended = t.clock
	t.delay, t.tools = inSeconds(row.DelayMS/1e3), nil
	at := t.clock
	for i, c := range row.ToolCalls {
		if err := checkSeconds(fmt.Sprintf("recorded_tool_calls_after[%d].duration_ms", i), c.DurationMS/1e3); err != nil {
			return err
		}
		took := inSeconds(c.DurationMS / 1e3)
		t.tools = append(t.tools, plimsoll.ToolEvent{CallID: c.ID, Name: c.Name, Class: toolClass(c.Name), Start: at, Duration: took})
		at += took
	}
	t.clock += t.delay
	return t.request(row.Messages, turn)
}
