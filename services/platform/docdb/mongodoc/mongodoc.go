// Package mongodoc keeps documents in MongoDB.
//
// Every write is one plain command on one document, acknowledged by a majority
// with its journal; every read is of what a majority has, from the primary.
// There are no transactions of several documents. Indexes are made when a
// collection is declared; those that are no longer declared are left to the
// operator to drop, because another version of the program may still use them.
package mongodoc

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"meadow/services/kernel/clock"
	"meadow/services/platform/docdb"
)

// Options are what a database needs from its process.
type Options struct {
	Now clock.Now // decides what has expired; clock.System if nil
	// Timeout bounds a call whose context has no deadline: 10 s if 0. The URI's
	// timeoutMS is used instead where it is given.
	Timeout time.Duration
}

// DB is one database of a MongoDB deployment. It is a docdb.Driver.
type DB struct {
	client *mongo.Client
	db     *mongo.Database
	now    clock.Now

	mu      sync.RWMutex // guards schemas
	schemas map[string]docdb.Schema
}

var _ docdb.Driver = (*DB)(nil)

// usualName is the database of a URI that names none.
const usualName = "meadow"

// Open connects to the deployment of uri and uses the database that its path
// names, or "meadow". It fails if no primary answers. Call Close.
func Open(ctx context.Context, uri string, o Options) (*DB, error) {
	if o.Now == nil {
		o.Now = clock.System
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	name, err := databaseName(uri)
	if err != nil {
		return nil, err
	}
	opts := options.Client().ApplyURI(uri).SetAppName("meadow").
		SetReadPreference(readpref.Primary()).SetReadConcern(readconcern.Majority()).
		SetWriteConcern(&writeconcern.WriteConcern{W: "majority", Journal: new(true)})
	if opts.Timeout == nil {
		opts.SetTimeout(o.Timeout)
	}
	client, err := mongo.Connect(opts)
	if err != nil {
		return nil, fmt.Errorf("connect to MongoDB: %w", err)
	}
	d := &DB{client: client, db: client.Database(name), now: o.Now, schemas: map[string]docdb.Schema{}}
	if err := d.Ping(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("connect to MongoDB: %w", err), d.Close())
	}
	return d, nil
}

// databaseName returns the path of a connection string, which may list several
// hosts and so is not always a URL.
func databaseName(uri string) (string, error) {
	_, rest, ok := strings.Cut(uri, "://")
	if !ok {
		return "", errors.New("mongodoc: a connection string begins with mongodb:// or mongodb+srv://")
	}
	rest, _, _ = strings.Cut(rest, "?")
	_, path, _ := strings.Cut(rest, "/")
	name, err := url.PathUnescape(path)
	if err != nil {
		return "", fmt.Errorf("mongodoc: the database's name in the connection string: %w", err)
	}
	if name == "" {
		name = usualName
	}
	return name, docdb.CheckName(name)
}

// Ping reports whether the primary answers.
func (d *DB) Ping(ctx context.Context) error {
	return translate(d.client.Ping(ctx, readpref.Primary()))
}

// Close waits for the calls that are running, for a while, and disconnects.
func (d *DB) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err := d.client.Disconnect(ctx)
	if errors.Is(err, mongo.ErrClientDisconnected) {
		return nil
	}
	return err
}

func (d *DB) schema(coll string) docdb.Schema {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.schemas[coll]
}

// live is the condition that a document of the collection has not expired.
// Nothing is compared with what is no instant, so $not lets it through.
func (d *DB) live(coll string) bson.A {
	s := d.schema(coll)
	if s.Expiry == "" {
		return nil
	}
	return bson.A{field(s.Expiry, "$not", bson.D{{Key: "$lte", Value: bson.NewDateTimeFromTime(d.now())}, {Key: "$gt", Value: zeroTime()}})}
}

// zeroTime is time.Time{}, which a document holds where no expiry was set.
func zeroTime() bson.DateTime { return bson.NewDateTimeFromTime(time.Time{}) }

// field is the condition {path: {op: v}}. Values never stand alone in a
// filter, so that none can be taken for an operator.
func field(path, op string, v any) bson.D {
	return bson.D{{Key: path, Value: bson.D{{Key: op, Value: v}}}}
}

func all(conds ...any) bson.D {
	if len(conds) == 0 {
		return bson.D{}
	}
	return bson.D{{Key: "$and", Value: bson.A(conds)}}
}

// byID is the filter of one live document.
func (d *DB) byID(coll, id string, more ...any) bson.D {
	conds := append(bson.A{field(docdb.IDField, "$eq", id)}, d.live(coll)...)
	return all(append(conds, more...)...)
}
