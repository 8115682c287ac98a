package mongodoc_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"meadow/services/kernel/clock"
	"meadow/services/kernel/errs"
	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/docdbtest"
	"meadow/services/platform/docdb/mongodoc"
)

func TestMongoKeepsEveryPromise(t *testing.T) {
	t.Parallel()
	docdbtest.Run(t, func(t *testing.T, now clock.Now) docdb.Driver {
		return open(t, ownDatabase(t), now)
	})
}

// ownDatabase returns a connection string with a database that no other test
// has; it is dropped at the end of the test.
func ownDatabase(t *testing.T) string {
	t.Helper()
	uri := os.Getenv(uriVar)
	if uri == "" {
		t.Skip("SKIPPED mongodoc: " + os.Getenv(skipVar))
	}
	head, tail, _ := strings.Cut(uri, "?")
	scheme, hosts, _ := strings.Cut(head, "://")
	hosts, _, _ = strings.Cut(hosts, "/")
	name := "meadow_test_" + strings.ToLower(rand.Text())
	uri = scheme + "://" + hosts + "/" + name + "?" + tail
	t.Cleanup(func() {
		admin := connect(t, uri)
		if err := admin.Database(name).Drop(context.Background()); err != nil {
			t.Errorf("drop %s: %v", name, err)
		}
		if err := admin.Disconnect(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return uri
}

func connect(t *testing.T, uri string) *mongo.Client {
	t.Helper()
	c, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func open(t *testing.T, uri string, now clock.Now) *mongodoc.DB {
	t.Helper()
	d, err := mongodoc.Open(t.Context(), uri, mongodoc.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return d
}

type thing struct {
	ID   string     `bson:"_id"`
	Kind string     `bson:"kind"`
	N    int64      `bson:"n"`
	Gone *time.Time `bson:"gone,omitempty"`
}

var things = docdb.Schema{Name: "things", Expiry: "gone", Indexes: []docdb.Index{{Name: "kind", Keys: []string{"kind"}}, {Name: "n", Keys: []string{"n"}, Unique: true}}}

func TestWhatWasWrittenIsThereAfterConnectingAnew(t *testing.T) {
	t.Parallel()
	uri := ownDatabase(t)
	for round := range 2 {
		d, err := mongodoc.Open(t.Context(), uri, mongodoc.Options{})
		if err != nil {
			t.Fatal(err)
		}
		c, err := docdb.Open[thing](t.Context(), d, clock.System, things)
		if err != nil {
			t.Fatal(err)
		}
		err = c.Insert(t.Context(), "a", thing{N: 1})
		if round == 0 && err != nil || round == 1 && !errors.Is(err, docdb.ErrExists) {
			t.Errorf("round %d: got %v", round, err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		if err := d.Close(); err != nil {
			t.Errorf("closing twice: %v", err)
		}
	}
}

// MongoDB's own tools see ordinary fields, and the indexes that make walks and
// expiry work there.
func TestDocumentsAndIndexesAreOrdinary(t *testing.T) {
	t.Parallel()
	uri := ownDatabase(t)
	d := open(t, uri, clock.System)
	c, err := docdb.Open[thing](t.Context(), d, clock.System, things)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Insert(t.Context(), "a", thing{Kind: "k", N: 7}); err != nil {
		t.Fatal(err)
	}
	db := connect(t, uri).Database(uri[strings.LastIndex(uri, "/")+1 : strings.Index(uri, "?")])
	t.Cleanup(func() { _ = db.Client().Disconnect(context.Background()) })
	var got bson.M
	if err := db.Collection("things").FindOne(t.Context(), bson.M{"kind": "k", "n": 7}).Decode(&got); err != nil || got["_id"] != "a" || got["_rev"] != int64(1) {
		t.Errorf("got %v, %v", got, err)
	}
	list, err := db.Collection("things").Indexes().ListSpecifications(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, s := range list {
		names = append(names, s.Name)
		switch s.Name {
		case "n":
			if s.Unique == nil || !*s.Unique {
				t.Error("index n is not unique")
			}
		case "kind":
			if want, _ := bson.Marshal(bson.D{{Key: "kind", Value: int32(1)}, {Key: "_id", Value: int32(1)}}); string(s.KeysDocument) != string(want) {
				t.Errorf("index kind is on %v", s.KeysDocument)
			}
		case "_expiry":
			if s.ExpireAfterSeconds == nil || *s.ExpireAfterSeconds != 0 {
				t.Error("the expiry index does not expire")
			}
		}
	}
	slices.Sort(names)
	if want := []string{"_expiry", "_id_", "kind", "n"}; !slices.Equal(names, want) {
		t.Errorf("indexes %v, want %v", names, want)
	}
}

func TestADatabaseThatDoesNotAnswerIsUnavailable(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = mongodoc.Open(t.Context(), "mongodb://"+addr+"/?directConnection=true&serverSelectionTimeoutMS=200", mongodoc.Options{})
	if !errors.Is(err, docdb.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
	if e, ok := errors.AsType[*errs.Error](err); !ok || e.Code != errs.Unavailable {
		t.Errorf("got %v, want the code unavailable", err)
	}
}

func TestConnectionStringsThatAreWrongAreRefused(t *testing.T) {
	t.Parallel()
	for _, uri := range []string{"", "localhost:27017", "http://localhost/x", "mongodb://localhost/a%20b", "mongodb://localhost/%zz"} {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		if _, err := mongodoc.Open(ctx, uri, mongodoc.Options{}); err == nil || errors.Is(err, docdb.ErrUnavailable) {
			t.Errorf("%q: got %v, want a refusal", uri, err)
		}
		cancel()
	}
}
