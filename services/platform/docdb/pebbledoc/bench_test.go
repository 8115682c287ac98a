package pebbledoc_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	_ "modernc.org/sqlite"

	"meadow/services/kernel/clock"
	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/pebbledoc"
)

// The benchmarks do the same with the driver and with SQLite written by hand
// (WAL, synchronous=FULL: both have the write on the disk when they return), so
// that one run compares them. Bodies go in and out as BSON in both. With
// workers, /at-once, SQLite has one writing connection and four reading ones,
// which is as fast as it goes. Either has 32 MB of cache in all, less than the
// documents.

const benchDocs = 100_000

// item is about 400 bytes as BSON.
type item struct {
	ID     string          `bson:"_id"`
	Author string          `bson:"author"`
	At     time.Time       `bson:"at"`
	Stock  int64           `bson:"stock"`
	Title  string          `bson:"title"`
	Text   string          `bson:"text"`
	Tags   []string        `bson:"tags"`
	Holds  map[string]hold `bson:"holds,omitempty"`
}

type hold struct {
	N   int64 `bson:"n"`
	Gen int64 `bson:"gen"`
}

func benchItem(n int) item {
	return item{
		ID:     itemID(n),
		Author: fmt.Sprintf("usr_%04d", n%1000), // 100 documents each
		At:     time.UnixMilli(1_750_000_000_000 + int64(n)),
		Stock:  1 << 40,
		Title:  fmt.Sprintf("Camellia oil hand cream, batch %d", n),
		Text:   strings.Repeat("A cream that smells of rain. ", 5),
		Tags:   []string{"beauty", "hands", "winter"},
	}
}

func itemID(n int) string {
	return fmt.Sprintf("pst_%08x%018d", uint32(n)*2654435761, n)
}

// store is what both are asked to do.
type store interface {
	get(b *testing.B, id string)
	page(b *testing.B, author string)
	insert(b *testing.B, v item)
	updateIf(b *testing.B, id string)
	update(b *testing.B, id string)
}

func BenchmarkStores(b *testing.B) {
	for _, s := range []struct {
		name string
		open func(b *testing.B) store
	}{{"pebble", openPebble}, {"sqlite", openSQLite}} {
		b.Run(s.name, func(b *testing.B) { benchStore(b, s.open(b)) })
	}
}

func benchStore(b *testing.B, s store) {
	var fresh atomic.Int64
	fresh.Store(benchDocs)
	someone := func() string { return itemID(rand.IntN(benchDocs)) }
	for _, verb := range []struct {
		name string
		do   func(b *testing.B)
	}{
		{"get", func(b *testing.B) { s.get(b, someone()) }},
		{"page20", func(b *testing.B) { s.page(b, fmt.Sprintf("usr_%04d", rand.IntN(1000))) }},
		{"insert", func(b *testing.B) { s.insert(b, benchItem(int(fresh.Add(1)))) }},
		{"updateIf", func(b *testing.B) { s.updateIf(b, someone()) }},
		{"updateIf-one", func(b *testing.B) { s.updateIf(b, itemID(7)) }},
		{"update", func(b *testing.B) { s.update(b, someone()) }},
	} {
		b.Run(verb.name, func(b *testing.B) {
			measure(b, func() {
				for b.Loop() {
					verb.do(b)
				}
			})
		})
		b.Run(verb.name+"/at-once", func(b *testing.B) {
			b.SetParallelism(32)
			measure(b, func() {
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						verb.do(b)
					}
				})
			})
		})
	}
}

// measure adds the processor time of an operation, in all threads.
func measure(b *testing.B, f func()) {
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu(b)
	f()
	b.ReportMetric(float64(cpu(b)-before)/float64(b.N), "cpu-ns/op")
}

func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

type pebbleStore struct{ items *docdb.Collection[item] }

func openPebble(b *testing.B) store {
	d := open(b, b.TempDir(), pebbledoc.Options{})
	c, err := docdb.Open[item](b.Context(), d, clock.System, docdb.Schema{Name: "items", Indexes: []docdb.Index{{Name: "author", Keys: []string{"author", "at"}}}})
	if err != nil {
		b.Fatal(err)
	}
	const batch = 1000
	for n := 0; n < benchDocs; n += batch {
		ids, items := make([]string, batch), make([]item, batch)
		for i := range batch {
			items[i] = benchItem(n + i)
			ids[i] = items[i].ID
		}
		if err := c.InsertMany(b.Context(), ids, items); err != nil {
			b.Fatal(err)
		}
	}
	return pebbleStore{c}
}

func (s pebbleStore) get(b *testing.B, id string) {
	if v, err := s.items.Get(b.Context(), id); err != nil || v.ID != id {
		b.Error(err)
	}
}

func (s pebbleStore) page(b *testing.B, author string) {
	p, err := s.items.Find(b.Context(), docdb.Query{Index: "author", Equal: []any{author}, Descending: true, Limit: 20})
	if err != nil || len(p.Items) != 20 || p.Items[0].Author != author {
		b.Error(len(p.Items), err)
	}
}

func (s pebbleStore) insert(b *testing.B, v item) {
	if err := s.items.Insert(b.Context(), v.ID, v); err != nil {
		b.Error(err)
	}
}

func (s pebbleStore) updateIf(b *testing.B, id string) {
	if _, err := s.items.UpdateIf(b.Context(), id, []docdb.Cond{{Field: "stock", Op: docdb.Gte, Value: 1}}, []docdb.Change{{Field: "stock", Verb: docdb.Add, Value: -1}}); err != nil {
		b.Error(err)
	}
}

func (s pebbleStore) update(b *testing.B, id string) {
	if _, err := s.items.Update(b.Context(), id, func(v *item) error { v.Stock--; return nil }); err != nil {
		b.Error(err)
	}
}

// sqliteStore has the indexed and counted fields as columns and the document
// as a blob, which is how one would write it by hand.
type sqliteStore struct {
	write, read *sql.DB

	getBody, pageBody, insertRow, takeRow, updateRow *sql.Stmt
}

func openSQLite(b *testing.B) store {
	dsn := "file:" + filepath.Join(b.TempDir(), "db") + "?_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=busy_timeout(10000)&_pragma=cache_size(-6400)&_txlock=immediate"
	s := sqliteStore{write: openSQL(b, dsn, 1), read: openSQL(b, dsn, 4)}
	exec := func(q string, args ...any) {
		b.Helper()
		if _, err := s.write.ExecContext(b.Context(), q, args...); err != nil {
			b.Fatal(err)
		}
	}
	exec(`CREATE TABLE items (id TEXT PRIMARY KEY, rev INTEGER NOT NULL, author TEXT NOT NULL, at INTEGER NOT NULL, stock INTEGER NOT NULL, body BLOB NOT NULL) WITHOUT ROWID`)
	exec(`CREATE INDEX author ON items (author, at, id)`)
	s.prepare(b)
	for n := 0; n < benchDocs; n += 1000 {
		tx, err := s.write.BeginTx(b.Context(), nil)
		if err != nil {
			b.Fatal(err)
		}
		for i := range 1000 {
			v := benchItem(n + i)
			if _, err := tx.StmtContext(b.Context(), s.insertRow).ExecContext(b.Context(), v.ID, v.Author, v.At.UnixMilli(), v.Stock, encode(b, v)); err != nil {
				b.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
	}
	return s
}

func openSQL(b *testing.B, dsn string, conns int) *sql.DB {
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	return db
}

func (s *sqliteStore) prepare(b *testing.B) {
	for _, p := range []struct {
		db    *sql.DB
		stmt  **sql.Stmt
		query string
	}{
		{s.read, &s.getBody, `SELECT rev, stock, body FROM items WHERE id = ?`},
		{s.read, &s.pageBody, `SELECT rev, stock, body FROM items WHERE author = ? ORDER BY author DESC, at DESC, id DESC LIMIT 20`},
		{s.write, &s.insertRow, `INSERT INTO items (id, rev, author, at, stock, body) VALUES (?, 1, ?, ?, ?, ?)`},
		{s.write, &s.takeRow, `UPDATE items SET stock = stock - 1, rev = rev + 1 WHERE id = ? AND stock >= 1 RETURNING rev, stock, body`},
		{s.write, &s.updateRow, `UPDATE items SET stock = ?, author = ?, at = ?, body = ?, rev = rev + 1 WHERE id = ? AND rev = ?`},
	} {
		var err error
		if *p.stmt, err = p.db.PrepareContext(b.Context(), p.query); err != nil {
			b.Fatal(err)
		}
	}
}

func encode(b *testing.B, v item) []byte {
	raw, err := bson.Marshal(v)
	if err != nil {
		b.Fatal(err)
	}
	return raw
}

type scanner interface{ Scan(...any) error }

func decode(b *testing.B, row scanner) (v item, rev int64) {
	var body []byte
	var stock int64
	if err := row.Scan(&rev, &stock, &body); err != nil {
		b.Error(err)
	}
	if err := bson.Unmarshal(body, &v); err != nil {
		b.Error(err)
	}
	v.Stock = stock
	return v, rev
}

func (s sqliteStore) get(b *testing.B, id string) {
	if v, _ := decode(b, s.getBody.QueryRowContext(b.Context(), id)); v.ID != id {
		b.Error(v.ID)
	}
}

func (s sqliteStore) page(b *testing.B, author string) {
	rows, err := s.pageBody.QueryContext(b.Context(), author)
	if err != nil {
		b.Error(err)
		return
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		if v, _ := decode(b, rows); v.Author != author {
			b.Error(v.Author)
		}
	}
	if rows.Err() != nil || n != 20 {
		b.Error(n, rows.Err())
	}
}

func (s sqliteStore) insert(b *testing.B, v item) {
	if _, err := s.insertRow.ExecContext(b.Context(), v.ID, v.Author, v.At.UnixMilli(), v.Stock, encode(b, v)); err != nil {
		b.Error(err)
	}
}

func (s sqliteStore) updateIf(b *testing.B, id string) {
	decode(b, s.takeRow.QueryRowContext(b.Context(), id))
}

func (s sqliteStore) update(b *testing.B, id string) {
	for {
		v, rev := decode(b, s.getBody.QueryRowContext(b.Context(), id))
		v.Stock--
		r, err := s.updateRow.ExecContext(b.Context(), v.Stock, v.Author, v.At.UnixMilli(), encode(b, v), id, rev)
		if err != nil {
			b.Error(err)
			return
		}
		if n, err := r.RowsAffected(); err != nil || n == 1 {
			return
		}
	}
}
