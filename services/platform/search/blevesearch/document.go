package blevesearch

import (
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
	"strings"

	"github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"

	"meadow/services/platform/search"
)

// Fields of an indexed document. Each text is in two: characters and pairs of
// unspaced scripts, and words of spaced ones.
const (
	fieldTitle = "title" // stored as it is, for hits
	fieldKind  = "kind"
	fieldFacet = "facet"
	fieldOrder = "order" // rank, then something that differs for each id

	titleGrams, titleWords = "tg", "tw"
	tagGrams, tagWords     = "gg", "gw"
	bodyGrams, bodyWords   = "bg", "bw"
)

// Options of fields. Term vectors are never kept: marks are found by reading
// the title again, which is cheaper than the disk they take.
const (
	texts   = index.IndexField
	exact   = index.IndexField | index.SkipFreqNorm
	counted = index.IndexField | index.SkipFreqNorm | index.DocValues
	stored  = index.StoreField
)

func newDocument(d search.Doc) *document.Document {
	doc := document.NewDocument(d.ID)
	text := func(grams, words, value string) {
		if value == "" {
			return
		}
		doc.AddField(document.NewTextFieldCustom(grams, nil, []byte(value), texts, gramAnalyzer{}))
		doc.AddField(document.NewTextFieldCustom(words, nil, []byte(value), texts, newWordAnalyzer()))
	}
	text(titleGrams, titleWords, d.Title)
	text(tagGrams, tagWords, strings.Join(d.Tags, " , "))
	text(bodyGrams, bodyWords, d.Body)

	term := func(name, value string, o index.FieldIndexingOptions) {
		doc.AddField(document.NewTextFieldCustom(name, nil, []byte(value), o, nil))
	}
	term(fieldTitle, d.Title, stored)
	term(fieldKind, d.Kind, stored|exact)
	for _, f := range d.Facets {
		term(fieldFacet, f, counted)
	}
	term(fieldOrder, order(d), counted)
	return doc
}

// order sorts as text the way Rank sorts as a number. The hash of the id makes
// it differ between documents, so that a page has one end.
func order(d search.Doc) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(d.ID)) // never fails
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(d.Rank)^(1<<63))
	binary.BigEndian.PutUint64(b[8:], h.Sum64())
	return hex.EncodeToString(b[:])
}
