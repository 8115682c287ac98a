package catalog

import (
	"context"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
)

// Columns are a table's, in this order on export; on import they may come in
// any order, and those after price may be missing. A row is one SKU; rows of one
// product follow each other and share its key. Within a cell, facts and values
// are written "Name=Value; Name=Value".
func Columns() []string {
	return []string{"product", "title", "category", "facts", "values", "price", "body", "brand", "shipping", "commission", "list", "pictures", "state", "available"}
}

// Table is goods as comma-separated values, with a line of column names.
type Table struct {
	CSV  string      `json:"csv"`
	Next page.Cursor `json:"next,omitempty"`
}

// TableReport is what an import did or would do. With any error nothing is done.
type TableReport struct {
	Rows    int          `json:"rows"`
	Drafted int          `json:"drafted"`
	Edited  int          `json:"edited"`
	DryRun  bool         `json:"dry_run"`
	Errors  []RowError   `json:"errors"`
	Items   []id.Product `json:"items"` // what was drafted or edited, in order
}

// RowError is what is wrong with a row. Row counts from 1, the line of names
// being 1.
type RowError struct {
	Row     int    `json:"row"`
	Column  string `json:"column,omitempty"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// MaxRows is the most rows a table may have.
const MaxRows = 500

var ErrBadTable = errs.New(errs.Invalid, "bad_table", "This file cannot be read as a table of goods.")

// Tables is goods in bulk.
type Tables interface {
	// ExportTable writes a page of the shop's goods, last edited first.
	ExportTable(ctx context.Context, in ExportTable) (Table, error)
	// ImportTable drafts and edits goods from a table: ErrBadTable if it cannot be
	// read at all. What is wrong with its rows is in the report. A product column
	// that holds the id of one of the shop's products edits it; any other key
	// drafts one. Once for each request id.
	ImportTable(ctx context.Context, in ImportTable) (TableReport, error)
}

type (
	ExportTable struct{ page.Ask }
	ImportTable struct {
		CSV       string `json:"csv" min:"1" max:"1000000"`
		DryRun    bool   `json:"dry_run,omitempty"`
		RequestID string `header:"Idempotency-Key" json:"-"`
	}
)
