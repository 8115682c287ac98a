//go:build long

package blob_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/platform/blob"
	"meadow/services/platform/blob/blobtest"
)

// minioVersion is the last open-source one. It takes some forged requests, so
// whoever runs it keeps it behind a guard, or where only the shop reaches it.
const minioVersion = "v0.0.0-20260212201848-7aac2a2c5b7c"

// TestMinIOKeepsTheStoresPromises builds MinIO, runs it on loopback, and holds
// it against the suite, once directly and once behind a guard that refuses what
// MinIO takes forged: nothing we send may be among it.
func TestMinIOKeepsTheStoresPromises(t *testing.T) {
	key, secret := id.Secret(), id.Secret()
	host := startMinIO(t, buildMinIO(t), key, secret)
	t.Run("Direct", func(t *testing.T) {
		blobtest.Run(t, func(t *testing.T) *blob.Store {
			return connect(t, fmt.Sprintf("s3://%s:%s@%s?secure=false", key, secret, host))
		})
	})
	t.Run("BehindAGuard", func(t *testing.T) {
		edge := httptest.NewServer(guard(t, host))
		t.Cleanup(edge.Close)
		blobtest.Run(t, func(t *testing.T) *blob.Store {
			return connect(t, fmt.Sprintf("s3://%s:%s@%s?secure=false", key, secret, edge.Listener.Addr()))
		})
	})
}

// guard passes requests on to host, but for the kinds whose signature MinIO
// does not check.
func guard(t *testing.T, host string) http.Handler {
	pass := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: host})
		r.Out.Host = r.In.Host // it is signed
	}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		switch {
		case r.Header.Get("X-Amz-Content-Sha256") == "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
			r.Header.Get("X-Amz-Meta-Snowball-Auto-Extract") != "",
			q.Has("X-Amz-Credential") && !q.Has("X-Amz-Signature"):
			t.Errorf("the guard refused %s %s", r.Method, r.URL.Path)
			http.Error(w, "refused", http.StatusForbidden)
		default:
			pass.ServeHTTP(w, r)
		}
	})
}

// buildMinIO returns a MinIO binary, built in the user's cache the first time.
func buildMinIO(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(cache, "meadow-test", minioVersion)
	if _, err := os.Stat(filepath.Join(bin, "minio")); err == nil {
		return filepath.Join(bin, "minio")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "install", "github.com/minio/minio@"+minioVersion)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "GOBIN="+bin, "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build MinIO: %v\n%s", err, out)
	}
	return filepath.Join(bin, "minio")
}

func startMinIO(t *testing.T, bin, key, secret string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host := l.Addr().String()
	l.Close()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, bin, "server", "--quiet", "--address", host, "--console-address", "127.0.0.1:0", t.TempDir())
	cmd.Env = []string{"HOME=" + t.TempDir(), "MINIO_ROOT_USER=" + key, "MINIO_ROOT_PASSWORD=" + secret, "MINIO_BROWSER=off", "MINIO_UPDATE=off"}
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(out.String())
		}
	})
	deadline := time.Now().Add(time.Minute)
	for {
		res, err := http.Get("http://" + host + "/minio/health/ready")
		if err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return host
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("MinIO is not ready after a minute: %v\n%s", err, &out)
		}
		time.Sleep(50 * time.Millisecond) // another process: nothing here can tell us
	}
}
