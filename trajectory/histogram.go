package trajectory

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"plimsoll"
)

// Print writes the statistics for a terminal, with small histograms, at most 80
// columns wide.
func (s *Stats) Print(w io.Writer) error {
	b := bufio.NewWriter(w)
	basis := s.TokenBasis
	if basis == "" {
		basis = "not counted"
	}
	fmt.Fprintf(b, "%s\n  %d trajectories, %d turns, token basis %s, SHA-256 %.16s...\n", s.Name, s.Trajectories, s.TotalTurns, basis, s.SHA256)
	fmt.Fprintf(b, "  ideal prefix hit %.1f %%, reasoning %.0f %% of output", 100*s.PrefixHit, 100*s.Reasoning)
	if s.Branches > 0 {
		fmt.Fprintf(b, ", %d sub-agents", s.Branches)
	}
	fmt.Fprintf(b, "\n  languages %s; harness %s\n", orUnknown(s.Languages), orUnknown(s.Harnesses))
	fmt.Fprintf(b, "  %-18s %9s %9s %9s %9s %9s %9s %9s\n", "", "min", "mean", "p25", "p50", "p90", "p95", "max")
	rows := []struct {
		name string
		s    Spread
	}{
		{"turns a trajectory", s.Turns}, {"input tokens", s.Input}, {"first input", s.First}, {"new tokens a turn", s.New},
		{"output tokens", s.Output}, {"tool delay, s", s.Delay}, {"scaffold tokens", s.Scaffold},
	}
	for _, r := range rows {
		if r.s.N > 0 {
			fmt.Fprintf(b, "  %-18s %9s %9s %9s %9s %9s %9s %9s\n", r.name, figure(r.s.Min), figure(r.s.Mean), figure(r.s.P25), figure(r.s.P50), figure(r.s.P90), figure(r.s.P95), figure(r.s.Max))
		}
	}
	for _, field := range slices.Sorted(keys(s.Fidelity)) {
		marks := s.Fidelity[field]
		if n := marks[plimsoll.Missing] + marks[plimsoll.Derived]; n > 0 {
			fmt.Fprintf(b, "  %s: exact in %d, derived in %d, missing in %d trajectories\n", field, marks[plimsoll.Exact], marks[plimsoll.Derived], marks[plimsoll.Missing])
		}
	}
	histogram(b, "input tokens", s.values.input)
	histogram(b, "output tokens", s.values.output)
	histogram(b, "tool delay, s", s.values.delay)
	return b.Flush()
}

func keys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func orUnknown(names []string) string {
	if len(names) == 0 {
		return "unknown"
	}
	return strings.Join(names, ", ")
}

// figure writes a number in at most 9 characters.
func figure(x float64) string {
	switch {
	case x == 0 || x >= 100:
		return fmt.Sprintf("%.0f", x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.3g", x)
}

// histogram draws ascending values in bins that double.
func histogram(b *bufio.Writer, title string, values []float64) {
	i, _ := slices.BinarySearch(values, math.SmallestNonzeroFloat64)
	values = values[i:]
	if len(values) < 2 {
		return
	}
	low := math.Floor(math.Log2(values[0]))
	counts := make([]int, int(math.Floor(math.Log2(values[len(values)-1]))-low)+1)
	top := 0
	for _, x := range values {
		k := int(math.Floor(math.Log2(x)) - low)
		counts[k]++
		top = max(top, counts[k])
	}
	fmt.Fprintf(b, "  %s\n", title)
	for k, n := range counts {
		from := math.Exp2(low + float64(k))
		bar := strings.Repeat("#", (n*40+top-1)/top)
		fmt.Fprintf(b, "    %8s to %8s |%-40s %d\n", figure(from), figure(2*from), bar, n)
	}
}
