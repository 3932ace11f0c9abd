package server_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"plimsoll/sim/server"
)

// The official client talks to the engine, streamed and not, and understands its
// errors.
func TestOfficialClient(t *testing.T) {
	url := start(t, server.Config{APIKey: "k", SpeedScale: 20})
	ctx := context.Background()
	client := openai.NewClient(option.WithBaseURL(url), option.WithAPIKey("k"), option.WithMaxRetries(0))
	params := openai.ChatCompletionNewParams{
		Model: "plimsoll-demo",
		Messages: []openai.ChatCompletionMessageParamUnion{
			openai.SystemMessage("You are a coding agent."), openai.UserMessage("Say something."),
		},
		MaxCompletionTokens: openai.Int(12),
		StreamOptions:       openai.ChatCompletionStreamOptionsParam{IncludeUsage: openai.Bool(true)},
	}
	ignore := option.WithJSONSet("ignore_eos", true)

	stream := client.Chat.Completions.NewStreaming(ctx, params, ignore)
	var all openai.ChatCompletionAccumulator
	for stream.Next() {
		all.AddChunk(stream.Current())
	}
	if err := stream.Err(); err != nil {
		t.Fatal(err)
	}
	streamed := all.Choices[0].Message.Content
	if len(streamed) != 48 || all.Usage.CompletionTokens != 12 || all.Choices[0].FinishReason != "length" {
		t.Errorf("streamed %q, usage %+v", streamed, all.Usage)
	}

	params.StreamOptions = openai.ChatCompletionStreamOptionsParam{}
	whole, err := client.Chat.Completions.New(ctx, params, ignore)
	if err != nil {
		t.Fatal(err)
	}
	if got := whole.Choices[0].Message.Content; got != streamed || whole.Usage.PromptTokens != all.Usage.PromptTokens {
		t.Errorf("whole reply %q, streamed %q", got, streamed)
	}

	params.Model = "other"
	var refused *openai.Error
	if _, err := client.Chat.Completions.New(ctx, params); !errors.As(err, &refused) || refused.StatusCode != http.StatusNotFound || refused.Code != "model_not_found" {
		t.Errorf("unknown model: %v", err)
	}
	models, err := client.Models.List(ctx)
	if err != nil || len(models.Data) != 1 || models.Data[0].ID != "plimsoll-demo" {
		t.Errorf("models %+v, %v", models, err)
	}
}
