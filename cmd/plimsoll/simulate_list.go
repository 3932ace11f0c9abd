package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"plimsoll/sim/profile"
)

// SimulateListCmd lists what can be simulated.
type SimulateListCmd struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// Run prints the catalogue.
func (c *SimulateListCmd) Run(_ context.Context, io *IO) error {
	catalogue, err := profile.Catalogue()
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(io.Out, catalogue)
	}
	showCatalogue(io.Out, catalogue)
	return nil
}

func showCatalogue(to io.Writer, c profile.Contents) {
	fmt.Fprintln(to, "Systems")
	w := table(to, "name", "model", "layout", "acc.", "KV pool", "what")
	for _, s := range c.Systems {
		fmt.Fprintf(w, "  %s\t%s%s\t%s\t%d\t%s\t%s\n", s.Name, s.Model, known(s.Provenance), s.Layout, s.Accelerators, tokensCell(s.PoolTokens), strings.Join(s.Features, ", "))
	}
	w.Flush()
	fmt.Fprintln(to, "\nAccelerators")
	w = table(to, "name", "HBM GB", "TB/s", "BF16/FP8/FP4 PF", "link GB/s", "domain", "TDP W", "typical", "IT", "all-in")
	for _, a := range c.Accelerators {
		fmt.Fprintf(w, "  %s\t%.0f\t%.3g\t%.3g/%.3g/%.3g\t%.0f\t%d\t%.0f\t%.0f\t%.0f\t%.0f\n", a.Name, a.HBMBytes/1e9, a.Bandwidth/1e12,
			a.BF16/1e15, a.FP8/1e15, a.FP4/1e15, a.Link/1e9, a.LinkDomain, a.MaxW, a.TypicalW, a.ITW, a.AllInW)
	}
	w.Flush()
	fmt.Fprintln(to, "\nModels, and on how many accelerators (tensor parallel, vllm) their weights leave room for a KV cache")
	short := make([]string, len(c.Accelerators))
	for i, a := range c.Accelerators {
		short[i], _, _ = strings.Cut(a.Name, "-")
	}
	w = table(to, append([]string{"name", "weights", "KV/token", "context"}, short...)...)
	for _, m := range c.Models {
		cells := []string{m.Name, fmt.Sprintf("%.0f GB", m.WeightBytes/1e9), fmt.Sprintf("%.1f KB", m.KVPerToken/1e3), tokensCell(float64(m.MaxContext))}
		for _, f := range m.Fits {
			cells = append(cells, fitCell(f))
		}
		fmt.Fprintln(w, "  "+strings.Join(cells, "\t"))
	}
	w.Flush()
	fmt.Fprintln(to, "  k: kernels of this model timed on it; e: whole engines timed; otherwise from datasheets alone.")
	fmt.Fprintln(to, "\nRuntimes")
	w = table(to, "name", "scheduler", "phi decode", "phi prefill", "block", "sequences", "tokens a step")
	for _, r := range c.Runtimes {
		fmt.Fprintf(w, "  %s\t%s, reserves %s\t%.2f\t%.2f\t%d\t%d\t%d\n", r.Name, r.Scheduler, r.Reserve, r.PhiDecode, r.PhiPrefill, r.BlockTokens, r.MaxSeqs, r.StepTokens)
	}
	w.Flush()
}

// fitCell is the number of accelerators, with a letter for how well step times are
// known; a dash where one link domain does not hold the model.
func fitCell(f profile.Fit) string {
	if f.Accelerators == 0 {
		return "–"
	}
	return fmt.Sprintf("%d%s", f.Accelerators, known(f.Provenance))
}

// known is a letter for how well step times are known.
func known(provenance string) string {
	return map[string]string{profile.KernelMeasured: " k", profile.EngineFitted: " e"}[provenance]
}

func tokensCell(n float64) string {
	switch {
	case n >= 1e6:
		return fmt.Sprintf("%.3gM", n/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.0fK", n/1e3)
	}
	return fmt.Sprintf("%.0f", n)
}
