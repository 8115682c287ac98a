// Package meilisearch keeps a search index in a Meilisearch server, which many
// processes may share.
//
// Nothing that people wrote is ever put into Meilisearch's filter language:
// see encode. Meilisearch writes when it gets to it, so Put and Delete return
// once it has taken the task, and Sync waits.
package meilisearch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	meili "github.com/meilisearch/meilisearch-go"

	"meadow/services/kernel/errs"
	"meadow/services/platform/search"
)

const (
	callWait  = 30 * time.Second
	taskPoll  = 20 * time.Millisecond
	batch     = 500   // documents in one call
	backlog   = 64    // tasks that may be under way before Put waits for the oldest
	maxHits   = 10000 // how far pages reach
	maxValues = 1000  // of all facets together, the most frequent
	few       = 5     // answers that are too few to leave it at what was written
)

// Names in Meilisearch's documents.
const (
	attrKey     = "key" // the id, in the letters that Meilisearch takes
	attrTitle   = "title"
	attrTags    = "tags"
	attrBody    = "body"
	attrSingles = "singles" // characters of unspaced scripts, apart
	attrKind    = "kind"
	attrFacets  = "facets"
	attrRank    = "rank"

	attrRef      = "ref"      // the id, encoded
	attrReading  = "reading"  // pieces of how the title and the tags are read
	attrInitials = "initials" // what their words begin with
	attrSaid     = "said"     // pairs of how the body is read

	numPrefix = "num_" // with a number's name
)

// Index is a connection to one index. It is safe for concurrent use.
type Index struct {
	server meili.ServiceManager
	name   string
	http   *http.Transport

	mu    sync.Mutex // guards what follows
	tasks []int64    // taken and not waited for, oldest first
	raw   bool       // not rebuilt since it was made empty
}

var _ search.Rebuildable = (*Index)(nil)

// Open connects to the server at url and prepares the index called name,
// making it if there is none.
func Open(ctx context.Context, url, apiKey, name string) (*Index, error) {
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		MaxIdleConnsPerHost: 16,
		IdleConnTimeout:     90 * time.Second,
	}
	server := meili.New(strings.TrimRight(url, "/"),
		meili.WithAPIKey(apiKey),
		meili.WithCustomClient(&http.Client{Transport: transport, Timeout: callWait}),
		meili.DisableRetries(),
	)
	x := &Index{server: server, name: name, http: transport}
	if err := x.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open search index: %w", err), x.Close())
	}
	return x, nil
}

func (x *Index) prepare(ctx context.Context) error {
	if there, err := x.exists(ctx, x.name); err != nil {
		return err
	} else if !there {
		if err := x.create(ctx, x.name); err != nil {
			return err
		}
	}
	built, err := x.exists(ctx, x.marker())
	if err != nil {
		return err
	}
	x.raw = !built
	t, err := x.index().UpdateSettingsWithContext(ctx, settings())
	if err != nil {
		return translate(ctx, err)
	}
	return x.wait(ctx, t.TaskUID)
}

// index returns a handle for one call: the client's handles are not safe for
// concurrent use.
func (x *Index) index() meili.IndexManager { return x.server.Index(x.name) }

func settings() *meili.Settings {
	return &meili.Settings{
		SearchableAttributes: []string{attrTitle, attrTags, attrBody, attrSingles, attrReading, attrSaid, attrInitials},
		FilterableAttributes: append([]string{attrKind, attrFacets, attrRef}, nums()...),
		SortableAttributes:   append([]string{attrRank}, nums()...),
		// The attribute before all that is finer: a title counts more than a body.
		RankingRules: []string{"sort", "words", "typo", "attribute", "proximity", "exactness", attrRank + ":desc"},
		TypoTolerance: &meili.TypoTolerance{
			Enabled:             true,
			MinWordSizeForTypos: meili.MinWordSizeForTypos{OneTypo: 5, TwoTypos: 9},
			DisableOnWords:      []string{},
			DisableOnAttributes: []string{attrSingles, attrReading, attrSaid, attrInitials},
			DisableOnNumbers:    true, // Meilisearch 1.15 or later
		},
		// Without this a short Chinese text may be taken for Japanese.
		LocalizedAttributes: []*meili.LocalizedAttributes{{Locales: []string{"cmn", "eng"}, AttributePatterns: []string{"*"}}},
		Pagination:          &meili.Pagination{MaxTotalHits: maxHits},
		Faceting: &meili.Faceting{
			MaxValuesPerFacet: maxValues,
			SortFacetValuesBy: map[string]meili.SortFacetType{"*": meili.SortFacetTypeCount},
		},
	}
}

// nums are the attributes that hold numbers.
func nums() []string {
	out := search.NumNames()
	for i, name := range out {
		out[i] = numPrefix + name
	}
	return out
}

// Ping asks the server whether it is well.
func (x *Index) Ping(ctx context.Context) error {
	if _, err := x.server.HealthWithContext(ctx); err != nil {
		return translate(ctx, err)
	}
	return nil
}

// Close lets the connections go. Tasks under way are the server's to finish.
func (x *Index) Close() error {
	x.http.CloseIdleConnections()
	return nil
}

// translate says what an error of the client means here. The client's own text
// holds the whole request, which may be somebody's search, so only the
// server's answer is kept.
func translate(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e, ok := errors.AsType[*meili.Error](err)
	if !ok {
		return search.ErrDown.Because(err)
	}
	if e.ErrCode == meili.MeilisearchCommunicationError || e.ErrCode == meili.MeilisearchTimeoutError ||
		e.StatusCode == http.StatusTooManyRequests || e.StatusCode >= http.StatusInternalServerError {
		return search.ErrDown.Because(fmt.Errorf("%s: status %d: %w", e.Function, e.StatusCode, e.OriginError))
	}
	return fmt.Errorf("%s: status %d, %s: %s", e.Function, e.StatusCode,
		e.MeilisearchApiError.Code, e.MeilisearchApiError.Message)
}

func isCode(err error, code string) bool {
	e, ok := errors.AsType[*meili.Error](err)
	return ok && e.MeilisearchApiError.Code == code
}

var (
	errExists = errors.New("index_already_exists")
	errAbsent = errors.New("index_not_found")
	errTask   = errs.New(errs.Internal, "search_task_failed", "The search index could not be changed.")
)
