// Package blob stores objects: bytes under a key, with a content type. There
// is one client, for any store that speaks S3. Connect reaches one elsewhere;
// Embedded runs one in this process, on a folder. What both promise is said
// exactly by package blobtest.
//
// A key is a path of plain segments. Where one key is another's folder, as "a"
// is of "a/b", the embedded store cannot hold both, so callers never make such.
package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
)

var (
	// ErrNotFound means that nothing is stored under this key.
	ErrNotFound = errors.New("blob: not found")
	// ErrKey means that a key is not a path of plain segments.
	ErrKey = errors.New("blob: bad key")
	// ErrSize means that there were fewer or more bytes than announced.
	ErrSize = errors.New("blob: not the announced size")
)

// Unknown is the size to give to Put when it is not known beforehand.
const Unknown = -1

// MaxPresign is the longest that a presigned address may live: it shows the
// store's access key to whoever holds it.
const MaxPresign = 5 * time.Minute

// Info is what is known about an object without reading it.
type Info struct {
	Key      string
	Size     int64
	Type     string // content type; empty in the answers of List
	Tag      string // changes when the bytes do
	Modified time.Time
}

// Store is one bucket. It is safe for concurrent use.
type Store struct {
	client    *minio.Client
	transport *http.Transport
	bucket    string
	disk      *disk // nil unless embedded
}

// partSize is how much of a body of unknown size is held in memory at a time.
const partSize = 8 << 20

// Put stores size bytes of r under key, in place of what was there. Nobody sees
// a part of them: the object appears whole or not at all. Once Put returns nil
// the bytes survive a loss of power. ErrSize if r is shorter or longer than size.
func (s *Store) Put(ctx context.Context, key string, r io.Reader, size int64, contentType string) (Info, error) {
	if err := checkKey(key); err != nil {
		return Info{}, err
	}
	body, fault, err := bodyOf(r, size)
	if err != nil {
		return Info{}, fmt.Errorf("put %s: %w", key, err)
	}
	opts := minio.PutObjectOptions{ContentType: contentType}
	if size < 0 {
		size, opts.PartSize, opts.NumThreads = Unknown, partSize, 1
	}
	put, err := s.put(ctx, key, body, size, opts)
	if e := fault(); e != nil {
		return Info{}, fmt.Errorf("put %s: %w", key, e)
	}
	if err != nil {
		return Info{}, s.fault("put", key, err)
	}
	if err := s.settle(key); err != nil {
		return Info{}, s.fault("put", key, err)
	}
	return Info{Key: key, Size: put.Size, Type: contentType, Tag: put.ETag, Modified: put.LastModified}, nil
}

// put repeats what a store denies without meaning it. MinIO does so when
// somebody deletes the last other object of a folder at that moment, and the
// embedded server when the folder vanishes between being made and being used.
func (s *Store) put(ctx context.Context, key string, body io.Reader, size int64, opts minio.PutObjectOptions) (minio.UploadInfo, error) {
	for try := 1; ; try++ {
		put, err := s.client.PutObject(ctx, s.bucket, key, body, size, opts)
		w, again := body.(*window)
		if !again || try == tries || !passing(err) {
			return put, err
		}
		if _, err := w.Seek(0, io.SeekStart); err != nil {
			return put, err
		}
	}
}

// passing reports whether a refusal may be gone at the next try.
func passing(err error) bool {
	code := minio.ToErrorResponse(err).Code
	return code == minio.AccessDenied || code == "ExistingObjectIsDirectory"
}

// Stat returns what is known about the object under key, or ErrNotFound.
func (s *Store) Stat(ctx context.Context, key string) (Info, error) {
	if err := checkKey(key); err != nil {
		return Info{}, err
	}
	o, err := s.client.StatObject(ctx, s.bucket, key, minio.StatObjectOptions{})
	if err != nil {
		return Info{}, s.fault("stat", key, err)
	}
	return info(o), nil
}

// Delete removes the object under key. That nothing is there is fine.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := checkKey(key); err != nil {
		return err
	}
	err := s.fault("delete", key, s.client.RemoveObject(ctx, s.bucket, key, minio.RemoveObjectOptions{}))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// Copy stores the object under from also under to. ErrNotFound.
func (s *Store) Copy(ctx context.Context, from, to string) error {
	if err := errors.Join(checkKey(from), checkKey(to)); err != nil {
		return err
	}
	_, err := s.client.CopyObject(ctx,
		minio.CopyDestOptions{Bucket: s.bucket, Object: to},
		minio.CopySrcOptions{Bucket: s.bucket, Object: from})
	if err == nil {
		err = s.settle(to)
	}
	return s.fault("copy", from, err)
}

// List returns up to limit objects whose keys begin with prefix and come after
// the key after, in the order of their keys.
func (s *Store) List(ctx context.Context, prefix, after string, limit int) ([]Info, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out := make([]Info, 0, min(limit, 1000))
	opts := minio.ListObjectsOptions{Prefix: prefix, StartAfter: after, Recursive: true, MaxKeys: min(limit, 1000)}
	for o := range s.client.ListObjectsIter(ctx, s.bucket, opts) {
		if o.Err != nil {
			return nil, s.fault("list", prefix, o.Err)
		}
		if strings.HasSuffix(o.Key, "/") || o.Key <= after {
			continue
		}
		out = append(out, info(o))
		if len(out) == limit {
			break
		}
	}
	return out, nil
}

// PresignGet returns an address at which anyone may read the object until ttl
// has passed, at most MaxPresign. It is answered with this content type and
// disposition, whatever the object was stored with.
func (s *Store) PresignGet(ctx context.Context, key string, ttl time.Duration, contentType, disposition string) (string, error) {
	if err := checkKey(key); err != nil {
		return "", err
	}
	if ttl <= 0 || ttl > MaxPresign {
		return "", fmt.Errorf("presign %s: %s is not within %s", key, ttl, MaxPresign)
	}
	q := url.Values{}
	q.Set("response-content-type", contentType)
	q.Set("response-content-disposition", disposition)
	u, err := s.client.PresignedGetObject(ctx, s.bucket, key, ttl, q)
	if err != nil {
		return "", s.fault("presign", key, err)
	}
	return u.String(), nil
}

// Ping reports whether the store answers.
func (s *Store) Ping(ctx context.Context) error {
	ok, err := s.client.BucketExists(ctx, s.bucket)
	if err == nil && !ok {
		err = fmt.Errorf("bucket %s is gone", s.bucket)
	}
	return s.fault("ping", s.bucket, err)
}

// Close lets go of the store. An embedded one stops when nobody uses it.
func (s *Store) Close() error {
	s.transport.CloseIdleConnections()
	if s.disk != nil {
		return s.disk.close()
	}
	return nil
}

// settle makes what was stored under key survive a loss of power. A store
// elsewhere sees to that itself.
func (s *Store) settle(key string) error {
	if s.disk == nil {
		return nil
	}
	return s.disk.sync(key)
}

func (s *Store) fault(op, key string, err error) error {
	if err == nil {
		return nil
	}
	switch minio.ToErrorResponse(err).Code {
	case minio.NoSuchKey, "NotFound":
		return fmt.Errorf("%s %s: %w", op, key, ErrNotFound)
	}
	return fmt.Errorf("blob: %s %s: %w", op, key, err)
}

func info(o minio.ObjectInfo) Info {
	return Info{Key: o.Key, Size: o.Size, Type: o.ContentType, Tag: strings.Trim(o.ETag, `"`), Modified: o.LastModified}
}

// checkKey refuses what a store, or the folder below it, could take for
// something else than a name.
func checkKey(key string) error {
	if key == "" || len(key) > 512 {
		return fmt.Errorf("%w: %d bytes long", ErrKey, len(key))
	}
	for _, c := range []byte(key) {
		if c <= ' ' || c > '~' || c == '\\' {
			return fmt.Errorf("%w: %q", ErrKey, key)
		}
	}
	for part := range strings.SplitSeq(key, "/") {
		if part == "" || part[0] == '.' {
			return fmt.Errorf("%w: %q", ErrKey, key)
		}
	}
	return nil
}
