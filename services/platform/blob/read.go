package blob

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/minio/minio-go/v7"
)

// Object is a stored object being read. Close it. It is used by one goroutine.
type Object struct {
	Info

	store *Store
	ctx   context.Context // the read's, which outlives Get
	at    int64
	body  io.ReadCloser // from at on; nil after a seek
}

var _ io.ReadSeekCloser = (*Object)(nil)

// Get opens the object under key, or returns ErrNotFound. What is read is one
// version of it: if it is replaced meanwhile, reading on after a Seek fails.
func (s *Store) Get(ctx context.Context, key string) (*Object, error) {
	body, i, err := s.open(ctx, key, minio.GetObjectOptions{})
	if err != nil {
		return nil, err
	}
	return &Object{Info: i, store: s, ctx: ctx, body: body}, nil
}

// GetRange opens up to n bytes of the object under key, from the byte from on,
// which must be inside it. ErrNotFound.
func (s *Store) GetRange(ctx context.Context, key string, from, n int64) (io.ReadCloser, error) {
	var opts minio.GetObjectOptions
	if from < 0 || n <= 0 {
		return nil, fmt.Errorf("blob: get %s: no range %d+%d", key, from, n)
	}
	if err := opts.SetRange(from, from+n-1); err != nil {
		return nil, s.fault("get", key, err)
	}
	body, _, err := s.open(ctx, key, opts)
	return body, err
}

func (s *Store) open(ctx context.Context, key string, opts minio.GetObjectOptions) (io.ReadCloser, Info, error) {
	if err := checkKey(key); err != nil {
		return nil, Info{}, err
	}
	core := minio.Core{Client: s.client}
	body, o, _, err := core.GetObject(ctx, s.bucket, key, opts)
	if err != nil {
		return nil, Info{}, s.fault("get", key, err)
	}
	i := info(o)
	i.Key = key
	return body, i, nil
}

func (o *Object) Read(p []byte) (int, error) {
	if o.at >= o.Size {
		return 0, io.EOF
	}
	if o.body == nil {
		if err := o.reopen(); err != nil {
			return 0, err
		}
	}
	n, err := o.body.Read(p)
	o.at += int64(n)
	if err == io.EOF && o.at < o.Size {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (o *Object) reopen() error {
	var opts minio.GetObjectOptions
	if err := errors.Join(opts.SetRange(o.at, o.Size-1), opts.SetMatchETag(o.Tag)); err != nil {
		return o.store.fault("get", o.Key, err)
	}
	body, _, err := o.store.open(o.ctx, o.Key, opts)
	o.body = body
	return err
}

// Seek sets where the next Read begins. It asks the store for nothing.
func (o *Object) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += o.at
	case io.SeekEnd:
		offset += o.Size
	}
	if offset < 0 {
		return o.at, fmt.Errorf("blob: seek %s before its beginning", o.Key)
	}
	if offset == o.at {
		return o.at, nil
	}
	o.at = offset
	return o.at, o.Close()
}

func (o *Object) Close() error {
	body := o.body
	o.body = nil
	if body == nil {
		return nil
	}
	return body.Close()
}
