package web

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"meadow/services/kernel/clock"
)

const typicalHead = "GET /api/v1/feed?after=abcdef&limit=20 HTTP/1.1\r\nHost: shop.example\r\nConnection: keep-alive\r\n" +
	"sec-ch-ua: \"Chromium\";v=\"156\"\r\nsec-ch-ua-mobile: ?1\r\nAccept: application/json\r\nX-Meadow-CSRF: " +
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n" +
	"User-Agent: Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Mobile Safari/537.36\r\n" +
	"Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nReferer: https://shop.example/\r\nAccept-Encoding: gzip, deflate, br\r\n" +
	"Accept-Language: zh-CN,zh;q=0.9\r\nCookie: __Host-meadow=0123456789abcdefghjkmnpqrstvwxyz\r\n\r\n"

func BenchmarkFrameHead(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(len(typicalHead)))
	f := frame{maxHeader: 16 << 10}
	head := []byte(typicalHead)
	for b.Loop() {
		if out, _, err := f.next(head); err != nil || len(out) != len(head) {
			b.Fatal(err)
		}
	}
}

// BenchmarkEcho is one request after another on one connection.
func BenchmarkEcho(b *testing.B) {
	s := New(Config{}, Deps{Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: clock.System})
	mountEcho(s)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, ln) }()
	b.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	})
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	request := strings.Replace(typicalHead, "GET /api/v1/feed?after=abcdef&limit=20", "POST /api/v1/echo/1?lang=zh", 1)
	request = strings.TrimSuffix(request, "\r\n") + "Content-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"text\":\"hi\"}"
	r := bufio.NewReader(c)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := io.WriteString(c, request); err != nil {
			b.Fatal(err)
		}
		length := 0
		for {
			line, err := r.ReadSlice('\n')
			if err != nil {
				b.Fatal(err)
			}
			if len(line) == 2 {
				break
			}
			if n, ok := strings.CutPrefix(string(line), "Content-Length: "); ok {
				for _, d := range strings.TrimSpace(n) {
					length = 10*length + int(d-'0')
				}
			}
		}
		if _, err := r.Discard(length); err != nil || length == 0 {
			b.Fatal(length, err)
		}
	}
}
