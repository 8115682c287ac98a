package ledgercore

import (
	"context"
	"slices"

	"meadow/services/aftersale"
)

// matter is what we know of an after-sale of an order: which lines it is about,
// how many steps it had taken when we last heard, and whether it was over.
type matter struct {
	Lines []int `bson:"lines"`
	Steps int   `bson:"steps"`
	Over  bool  `bson:"over"`
}

// moved notes how an after-sale stands. A line that somebody asks money back for
// is nobody's own until that has been decided, whenever its window closes.
func (c *Core) moved(ctx context.Context, a aftersale.MovedData) error {
	return c.note(ctx, a.Order, func(o *order) bool {
		if before, heard := o.Matters[string(a.ID)]; heard && before.Steps >= len(a.Log) {
			return true // what was told later came first
		}
		m := matter{Steps: len(a.Log), Over: a.State.Over()}
		for _, u := range a.Units {
			m.Lines = append(m.Lines, u.Line)
		}
		if o.Matters == nil {
			o.Matters = map[string]matter{}
		}
		o.Matters[string(a.ID)] = m
		return false
	})
}

// contested reports whether an after-sale of a line is open.
func (o *order) contested(line int) bool {
	for _, m := range o.Matters {
		if !m.Over && slices.Contains(m.Lines, line) {
			return true
		}
	}
	return false
}
