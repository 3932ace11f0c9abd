package result

import (
	"cmp"
	"fmt"
	"slices"

	"plimsoll"
	"plimsoll/bundle"
	"plimsoll/measure"
	"plimsoll/search"
	"plimsoll/slo"
)

// Method returns the search that the facts describe and the rules of its verdicts:
// the one that measured, and the one that a result is recomputed with.
func Method(f plimsoll.Facts) (*search.Search, slo.Rules, error) {
	preset, err := search.PresetByName(f.Preset)
	if err != nil {
		return nil, slo.Rules{}, err
	}
	c := preset.Config(f.Tiers)
	c.Method = cmp.Or(f.Method, c.Method)
	c.MaxAgents = cmp.Or(f.MaxAgents, c.MaxAgents)
	c.Levels, c.Budget, c.Limits = f.Levels, f.Budget, f.Limits
	if f.Shape != (plimsoll.Shape{}) {
		c.Shape = f.Shape
	}
	c.First = min(c.First, c.MaxAgents)
	s, err := search.New(c)
	return s, c.Rules, err
}

// OtherRules says in a sentence that a run was decided by other rules than this
// version's; "" by the same.
func OtherRules(f plimsoll.Facts) string {
	was, is := cmp.Or(f.Rules, f.Method+"/1"), search.Rules(f.Method, f.Preset, f.Budget)
	if was == is {
		return ""
	}
	return fmt.Sprintf("the search was decided by rules %s of plimsoll %s, this version has %s", was, f.Version, is)
}

// judge says what a sealed level's rows mean to the search.
func judge(f plimsoll.Facts, rules slo.Rules, l bundle.Sealed, rows []plimsoll.Row) plimsoll.Past {
	head := -1
	if f.Engine.TemplateHead != nil {
		head = *f.Engine.TemplateHead
	}
	evidence := measure.Evidence(measure.Input{
		Stage: l.Stage, Rows: rows, Observed: l.Observed, Set: f.Trajectories,
		Now: plimsoll.Never, Head: head, LocalExact: f.Engine.LocalExact, LevelSalt: f.LevelSaltOnly(),
	})
	past := plimsoll.Past{Stage: l.Stage, Evidence: evidence, Took: l.Observed.End.Seconds(), Spent: plimsoll.SpentBy(rows)}
	for _, t := range l.Stage.Tiers {
		past.Verdicts = append(past.Verdicts, slo.Judge(evidence, t, rules))
	}
	return past
}

// rowsOf appends a level's rows.
func rowsOf(l bundle.Sealed, rows []plimsoll.Row) ([]plimsoll.Row, error) {
	rows = slices.Grow(rows, l.RowCount())
	err := l.Rows(func(r *plimsoll.Row) error {
		rows = append(rows, *r)
		return nil
	})
	if err != nil {
		return rows, fmt.Errorf("level %s: %w", l.ID, err)
	}
	return rows, nil
}
