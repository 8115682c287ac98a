package meilisearch

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	meili "github.com/meilisearch/meilisearch-go"

	"meadow/services/platform/search"
	"meadow/services/platform/search/pinyin"
)

// record is a document as Meilisearch keeps it.
type record struct {
	Key     string   `json:"key"`
	Title   string   `json:"title"`
	Tags    []string `json:"tags"`
	Body    string   `json:"body"`
	Singles string   `json:"singles"`
	Kind    string   `json:"kind"`
	Facets  []string `json:"facets"`
	Rank    int64    `json:"rank"`

	Ref      string `json:"ref"`
	Reading  string `json:"reading"`
	Initials string `json:"initials"`
	Said     string `json:"said"`

	At    *int64 `json:"num_at,omitempty"`
	Price *int64 `json:"num_price,omitempty"`
	Sold  *int64 `json:"num_sold,omitempty"`
}

func newRecord(d search.Doc) record {
	r := record{
		Key:     key(d.ID),
		Title:   d.Title,
		Tags:    append([]string{}, d.Tags...),
		Body:    d.Body,
		Singles: singles(d.Title + " " + strings.Join(d.Tags, " ")),
		Kind:    encode(kindPrefix + d.Kind),
		Facets:  make([]string, 0, len(d.Facets)),
		Rank:    d.Rank,
		Ref:     encode(d.ID),
		At:      num(d, search.NumAt),
		Price:   num(d, search.NumPrice),
		Sold:    num(d, search.NumSold),
	}
	chinese := d.Title + " , " + strings.Join(d.Tags, " , ")
	r.Reading = signed(readingSign, pinyin.Grams(chinese))
	r.Said = signed(readingSign, pinyin.Pairs(d.Body))
	r.Initials = signed(initialsSign, pinyin.Initials(chinese))
	for _, f := range d.Facets {
		r.Facets = append(r.Facets, encode(f))
	}
	return r
}

func num(d search.Doc, name string) *int64 {
	if n, ok := d.Nums[name]; ok {
		return &n
	}
	return nil
}

// kindPrefix makes every kind a value, even the empty one.
const kindPrefix = "k:"

func key(id string) string { return base64.RawURLEncoding.EncodeToString([]byte(id)) }

// singles puts the characters of unspaced scripts apart. Meilisearch finds the
// words that its dictionary knows; this is how it finds one character in them.
func singles(text string) string {
	var all []string
	for _, w := range search.Words(text) {
		if w.Solid && !slices.Contains(all, w.Term) {
			all = append(all, w.Term)
		}
	}
	return strings.Join(all, " ")
}

// Put hands docs over.
func (x *Index) Put(ctx context.Context, docs ...search.Doc) error {
	records := make([]record, 0, len(docs))
	for _, d := range docs {
		d, err := d.Check()
		if err != nil {
			return fmt.Errorf("put %q: %w", d.ID, err)
		}
		records = append(records, newRecord(d))
	}
	primary := attrKey
	for part := range slices.Chunk(records, batch) {
		t, err := x.index().AddDocumentsWithContext(ctx, part, &meili.DocumentOptions{PrimaryKey: &primary})
		if err != nil {
			return fmt.Errorf("put: %w", translate(ctx, err))
		}
		if err := x.began(ctx, t.TaskUID); err != nil {
			return err
		}
	}
	return nil
}

// Delete has documents removed.
func (x *Index) Delete(ctx context.Context, ids ...string) error {
	keys := make([]string, 0, len(ids))
	for _, id := range ids {
		if id != "" && len(id) <= search.MaxID {
			keys = append(keys, key(id))
		}
	}
	if len(keys) == 0 {
		return ctx.Err()
	}
	t, err := x.index().DeleteDocumentsWithContext(ctx, keys, nil)
	if err != nil {
		return fmt.Errorf("delete: %w", translate(ctx, err))
	}
	return x.began(ctx, t.TaskUID)
}

// Clear has every document removed. The index and its settings stay.
func (x *Index) Clear(ctx context.Context) error {
	if err := x.unmark(ctx); err != nil {
		return fmt.Errorf("clear: %w", err)
	}
	t, err := x.index().DeleteDocumentsByFilterWithContext(ctx, attrKind+" EXISTS", nil)
	if err != nil {
		return fmt.Errorf("clear: %w", translate(ctx, err))
	}
	return x.began(ctx, t.TaskUID)
}

// began notes a task. When many are under way it waits for the oldest, so that
// a writer is never faster than the server for long.
func (x *Index) began(ctx context.Context, task int64) error {
	x.mu.Lock()
	x.tasks = append(x.tasks, task)
	var oldest []int64
	if len(x.tasks) > backlog {
		oldest, x.tasks = []int64{x.tasks[0]}, slices.Clone(x.tasks[1:])
	}
	x.mu.Unlock()
	return x.waitAll(ctx, oldest)
}

// Sync waits for the tasks of this process.
func (x *Index) Sync(ctx context.Context) error {
	x.mu.Lock()
	tasks := x.tasks
	x.tasks = nil
	x.mu.Unlock()
	return x.waitAll(ctx, tasks)
}

// waitAll waits for tasks. Those it could not wait for, it gives back.
func (x *Index) waitAll(ctx context.Context, tasks []int64) error {
	for i, t := range tasks {
		if err := x.wait(ctx, t); err != nil {
			x.mu.Lock()
			x.tasks = append(slices.Clone(tasks[i+1:]), x.tasks...)
			x.mu.Unlock()
			return err
		}
	}
	return nil
}

func (x *Index) wait(ctx context.Context, task int64) error {
	t, err := x.server.WaitForTaskWithContext(ctx, task, taskPoll)
	switch {
	case err != nil:
		return fmt.Errorf("task %d: %w", task, translate(ctx, err))
	case t.Status == meili.TaskStatusSucceeded:
		return nil
	case t.Error.Code == errExists.Error():
		return errExists
	case t.Error.Code == errAbsent.Error():
		return errAbsent
	}
	return errTask.Because(fmt.Errorf("task %d %s: %s: %s", task, t.Status, t.Error.Code, t.Error.Message))
}
