package blevesearch

import (
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
	"strings"

	"github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"

	"meadow/services/platform/search"
	"meadow/services/platform/search/pinyin"
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

	titleReading, tagReading   = "tp", "gp" // pieces of how it is read
	titleInitials, tagInitials = "ti", "gi"
	bodyReading                = "bp" // pairs

	numField  = "n." // with a number's name: what ranges ask for
	sortField = "s." // the same for sorting: the number, then something that differs for each id
)

// Options of fields. Term vectors are never kept: marks are found by reading
// the title again, which is cheaper than the disk they take.
const (
	texts   = index.IndexField // also what only has a score: without norms that would be no number
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
	for _, f := range []struct{ reading, initials, value string }{
		{titleReading, titleInitials, d.Title}, {tagReading, tagInitials, strings.Join(d.Tags, " , ")},
	} {
		if f.value == "" {
			continue
		}
		doc.AddField(document.NewTextFieldCustom(f.reading, nil, []byte(f.value), texts, termAnalyzer(pinyin.Grams)))
		doc.AddField(document.NewTextFieldCustom(f.initials, nil, []byte(f.value), texts, termAnalyzer(pinyin.Initials)))
	}

	if d.Body != "" {
		doc.AddField(document.NewTextFieldCustom(bodyReading, nil, []byte(d.Body), texts, termAnalyzer(pinyin.Pairs)))
	}

	term := func(name, value string, o index.FieldIndexingOptions) {
		doc.AddField(document.NewTextFieldCustom(name, nil, []byte(value), o, nil))
	}
	term(fieldTitle, d.Title, stored)
	term(fieldKind, d.Kind, stored|exact)
	for _, f := range d.Facets {
		term(fieldFacet, f, counted)
	}
	term(fieldOrder, order(d.Rank, d.ID), counted)
	for name, n := range d.Nums {
		doc.AddField(document.NewNumericFieldWithIndexingOptions(numField+name, nil, float64(n), exact))
		term(sortField+name, order(n, d.ID), counted)
	}
	return doc
}

// order sorts as text the way n sorts as a number. The hash of the id makes it
// differ between documents, so that a page has one end.
func order(n int64, id string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id)) // never fails
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(n)^(1<<63))
	binary.BigEndian.PutUint64(b[8:], h.Sum64())
	return hex.EncodeToString(b[:])
}
