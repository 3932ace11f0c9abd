package main

import (
	"context"
	"fmt"
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
	showCatalogue(io.page(), catalogue)
	return nil
}

func showCatalogue(to page, c profile.Contents) {
	var systems, accelerators, models, runtimes [][]string
	for _, s := range c.Systems {
		systems = append(systems, []string{s.Name, s.Model + known(s.Provenance), s.Layout, fmt.Sprint(s.Accelerators), tokensCell(s.PoolTokens), strings.Join(s.Features, ", ")})
	}
	fmt.Fprintln(to, "Systems")
	to.table([]string{"name", "model", "layout", "acc.", "KV pool", "with"}, systems...)
	short := make([]string, len(c.Accelerators))
	for i, a := range c.Accelerators {
		short[i], _, _ = strings.Cut(a.Name, "-")
		accelerators = append(accelerators, []string{a.Name, fmt.Sprintf("%.0f", a.HBMBytes/1e9), fmt.Sprintf("%.3g", a.Bandwidth/1e12), petaCells(a.BF16, a.FP8, a.FP4),
			fmt.Sprintf("%.0f", a.Link/1e9), fmt.Sprint(a.LinkDomain), fmt.Sprintf("%.0f", a.MaxW), fmt.Sprintf("%.0f", a.TypicalW), fmt.Sprintf("%.0f", a.ITW), fmt.Sprintf("%.0f", a.AllInW)})
	}
	fmt.Fprintln(to, "\nAccelerators")
	to.table([]string{"name", "HBM GB", "TB/s", "BF16/FP8/FP4 PF", "link GB/s", "domain", "TDP W", "typical", "IT", "all-in"}, accelerators...)
	to.say("  ", "Watts: at most; as a rule at the limit; share of the node's or rack's rating; all in, cooling included.")
	for _, m := range c.Models {
		cells := []string{m.Name, fmt.Sprintf("%.0f GB", m.WeightBytes/1e9), fmt.Sprintf("%.1f KB", m.KVPerToken/1e3), tokensCell(float64(m.MaxContext))}
		for _, f := range m.Fits {
			cells = append(cells, fitCell(f))
		}
		models = append(models, cells)
	}
	fmt.Fprintln(to)
	to.say("", "Models, and on how many accelerators (tensor parallel, vllm) their weights leave room for a KV cache")
	to.table(append([]string{"name", "weights", "KV/token", "context"}, short...), models...)
	to.say("  ", "k: kernels of this model timed on it; e: whole engines timed; otherwise from datasheets alone.")
	for _, r := range c.Runtimes {
		runtimes = append(runtimes, []string{r.Name, r.Scheduler + ", reserves " + r.Reserve, fmt.Sprintf("%.2f", r.PhiDecode), fmt.Sprintf("%.2f", r.PhiPrefill), fmt.Sprint(r.BlockTokens), fmt.Sprint(r.MaxSeqs), fmt.Sprint(r.StepTokens)})
	}
	fmt.Fprintln(to, "\nRuntimes")
	to.table([]string{"name", "scheduler", "phi decode", "phi prefill", "block", "sequences", "tokens a step"}, runtimes...)
	to.say("  ", "phi: the software's factor on step times. Simulate any of them: plimsoll simulate SYSTEM, or ACCELERATOR+MODEL+RUNTIME.")
}

// petaCells writes peaks in PFLOP/s, a dash where there is none.
func petaCells(peaks ...float64) string {
	var out []string
	for _, v := range peaks {
		if v == 0 {
			out = append(out, "–")
			continue
		}
		out = append(out, fmt.Sprintf("%.3g", v/1e15))
	}
	return strings.Join(out, "/")
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
