package moderationcore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"meadow/services/account"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/moderation"
	"meadow/services/platform/docdb"
)

// Queue implements moderation.Service.
func (c *Core) Queue(ctx context.Context, in moderation.AskQueue) (page.Page[moderation.Case], error) {
	none := page.Page[moderation.Case]{}
	if _, err := judge(ctx); err != nil {
		return none, err
	}
	queue := in.Queue
	if queue == "" {
		queue = moderation.ToReview
	}
	found, err := c.cases.Find(ctx, docdb.Query{
		Index: "queue", Equal: []any{string(queue)}, Descending: queue == moderation.Done,
		Limit: in.Size(usualPage, mostPage), After: in.After,
	})
	if err != nil {
		return none, fmt.Errorf("queue: %w", err)
	}
	items, err := c.views(ctx, found.Items)
	return page.Page[moderation.Case]{Items: items, Next: found.Next}, err
}

// Case implements moderation.Service.
func (c *Core) Case(ctx context.Context, in moderation.ByCase) (moderation.Case, error) {
	if _, err := judge(ctx); err != nil {
		return moderation.Case{}, err
	}
	r, err := c.cases.Get(ctx, string(in.ID))
	if errors.Is(err, docdb.ErrNotFound) {
		return moderation.Case{}, moderation.ErrNoCase.Because(err)
	}
	if err != nil {
		return moderation.Case{}, fmt.Errorf("case: %w", err)
	}
	return c.view(ctx, r)
}

func (c *Core) view(ctx context.Context, r record) (moderation.Case, error) {
	all, err := c.views(ctx, []record{r})
	if err != nil {
		return moderation.Case{}, err
	}
	return all[0], nil
}

// views shows cases with their authors and what was reported.
func (c *Core) views(ctx context.Context, all []record) ([]moderation.Case, error) {
	authors := make([]id.User, 0, len(all))
	keys := make([]string, 0, len(all))
	for _, r := range all {
		authors = append(authors, r.Author)
		keys = append(keys, string(r.Author))
	}
	people, err := c.known(ctx, authors...)
	if err != nil {
		return nil, err
	}
	found, err := c.people.GetMany(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("strikes: %w", err)
	}
	strikes := map[id.User]int64{}
	for _, p := range found {
		strikes[p.ID] = p.strikes(c.Now())
	}
	out := make([]moderation.Case, 0, len(all))
	for _, r := range all {
		told, err := c.told(ctx, r.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, r.view(people[r.Author], strikes[r.Author], told))
	}
	return out, nil
}

// shownReports is how many reports a case shows.
const shownReports = 20

func (c *Core) told(ctx context.Context, of id.Case) ([]moderation.Told, error) {
	found, err := c.reports.Find(ctx, docdb.Query{Index: "case", Equal: []any{string(of)}, Descending: true, Limit: shownReports})
	if err != nil {
		return nil, fmt.Errorf("reports: %w", err)
	}
	return page.Map(found, func(x report) moderation.Told {
		return moderation.Told{Reason: x.Reason, Note: x.Note, At: x.At}
	}).Items, nil
}

func (r record) view(author account.Known, strikes int64, told []moderation.Told) moderation.Case {
	history := r.History
	if history == nil {
		history = []moderation.Step{}
	}
	queue := r.Queue
	if queue == "" {
		queue = moderation.Done // nobody needs to look
	}
	return moderation.Case{
		ID: r.ID, Subject: r.Subject, Rev: r.Rev, Author: r.Author, Name: author.Name, Facts: r.Facts, Rule: r.Rule,
		Reports: told, Reported: r.Reported, Strikes: strikes, Blur: r.blur(told), Queue: queue, Verdict: r.Verdict,
		Appeal: r.Appeal, History: history, At: r.At,
	}
}

// blur reports whether a moderator should not see the picture before they ask
// for it.
func (r record) blur(told []moderation.Told) bool {
	harsh := []moderation.Reason{moderation.Violence, moderation.Sexual, moderation.Minors}
	return r.Rule == "banned_pictures" || slices.Contains(harsh, r.Verdict.Reason) ||
		slices.ContainsFunc(told, func(t moderation.Told) bool { return slices.Contains(harsh, t.Reason) })
}
