package trajectory

import (
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"plimsoll"
)

// ExportFormats are the formats that Export writes.
func ExportFormats() []string { return []string{"mlperf", "openai", "mooncake", "agentperf-local"} }

// Export writes ts to path in a foreign format: a JSONL file (compressed when the
// name ends in .zst), or a folder for agentperf-local. What the format cannot hold
// is left out: branches become conversations of their own, and mooncake keeps
// lengths and block identities only.
func Export(path, format string, ts []*plimsoll.Trajectory) error {
	var write func(io.Writer, []*plimsoll.Trajectory) error
	switch format {
	case "mlperf":
		write = exportMLPerf
	case "openai":
		write = exportOpenAI
	case "mooncake":
		write = exportMooncake
	case "agentperf-local":
		return exportLocal(path, ts)
	default:
		return fmt.Errorf("no format %q to convert to; there are %v", format, ExportFormats())
	}
	return SaveTo(path, func(w io.Writer) error { return write(w, ts) })
}

func encodeJSON(v any) (jsontext.Value, error) {
	data, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("encode JSON: %w", PlainJSON(err))
	}
	return data, nil
}

func writeRow(w io.Writer, row any) error {
	data, err := encodeJSON(row)
	if err != nil {
		return err
	}
	if _, err := w.Write(append(data, '\n')); err != nil {
		return fmt.Errorf("write row: %w", err)
	}
	return nil
}

// rawTools returns schemas as a JSON value; nil where they are none.
func rawTools(schemas string) jsontext.Value {
	if v := jsontext.Value(schemas); schemas != "" && v.IsValid() {
		return v
	}
	return nil
}

type openaiRow struct {
	ID       string         `json:"id"`
	Language string         `json:"language,omitzero"`
	Messages []chatMessage  `json:"messages"`
	Tools    jsontext.Value `json:"tools,omitempty"`
}

func exportOpenAI(w io.Writer, ts []*plimsoll.Trajectory) error {
	for _, t := range ts {
		for _, c := range conversations(t) {
			row := openaiRow{ID: c.ID, Language: t.Language, Tools: rawTools(c.Tools)}
			for _, step := range c.Steps {
				m, err := chat(step.Segments)
				if err != nil {
					return err
				}
				row.Messages = append(row.Messages, m)
			}
			if err := writeRow(w, row); err != nil {
				return err
			}
		}
	}
	return nil
}
