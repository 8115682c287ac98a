package blob

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Connect returns the store at address, which reads
//
//	s3://KEY:SECRET@host:port/bucket?secure=false&region=eu-central-1
//
// The bucket is made if it does not exist. Secure is true by default.
//
// Keep such a store where only our processes reach it: the open-source MinIO
// takes forged signatures from anyone who knows an access key.
func Connect(ctx context.Context, address string) (*Store, error) {
	e, err := parse(address)
	if err != nil {
		return nil, err
	}
	s, err := dial(e)
	if err != nil {
		return nil, err
	}
	if err := s.ensureBucket(ctx, e.region); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

type endpoint struct {
	host, key, secret, bucket, region string
	secure                            bool
}

// parse reads an address. Its errors do not repeat the secret.
func parse(address string) (endpoint, error) {
	u, err := url.Parse(address)
	if err != nil {
		return endpoint{}, errors.New("blob: the address of the object store is not a URL")
	}
	wrong := func(why string) (endpoint, error) {
		return endpoint{}, fmt.Errorf("blob: %s: %s", u.Redacted(), why)
	}
	e := endpoint{host: u.Host, bucket: strings.Trim(u.Path, "/"), region: u.Query().Get("region"), secure: true}
	e.key = u.User.Username()
	e.secret, _ = u.User.Password()
	switch {
	case u.Scheme != "s3":
		return wrong("begins with s3://")
	case e.host == "":
		return wrong("names no host")
	case e.key == "" || e.secret == "":
		return wrong("holds no KEY:SECRET@")
	case e.bucket == "" || strings.Contains(e.bucket, "/"):
		return wrong("ends in the name of one bucket")
	}
	switch u.Query().Get("secure") {
	case "", "true":
	case "false":
		e.secure = false
	default:
		return wrong("secure is true or false")
	}
	if e.region == "" {
		e.region = "us-east-1"
	}
	return e, nil
}

// tries is how often a request that may be repeated is sent.
const tries = 3

func dial(e endpoint) (*Store, error) {
	t := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		MaxIdleConnsPerHost:   64,
		IdleConnTimeout:       60 * time.Second,
		TLSHandshakeTimeout:   5 * time.Second,
		ResponseHeaderTimeout: 60 * time.Second,
		DisableCompression:    true,
	}
	client, err := minio.New(e.host, &minio.Options{
		Creds:      credentials.NewStaticV4(e.key, e.secret, ""),
		Secure:     e.secure,
		Region:     e.region,
		Transport:  t,
		MaxRetries: tries,
		// Path style works with every store, also one without wildcard DNS.
		BucketLookup: minio.BucketLookupPath,
	})
	if err != nil {
		return nil, fmt.Errorf("blob: %s: %w", e.host, err)
	}
	return &Store{client: client, transport: t, bucket: e.bucket}, nil
}

func (s *Store) ensureBucket(ctx context.Context, region string) error {
	ok, err := s.client.BucketExists(ctx, s.bucket)
	if err != nil {
		return s.fault("open", s.bucket, err)
	}
	if ok {
		return nil
	}
	err = s.client.MakeBucket(ctx, s.bucket, minio.MakeBucketOptions{Region: region})
	switch minio.ToErrorResponse(err).Code {
	case "BucketAlreadyOwnedByYou", "BucketAlreadyExists":
		return nil // another process of ours was faster
	}
	return s.fault("open", s.bucket, err)
}
