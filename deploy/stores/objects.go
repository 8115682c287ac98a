package stores

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
	"github.com/versity/versitygw/s3api"
)

// objectsVar makes a program that calls Serve an S3 server on a folder.
const objectsVar = "MEADOW_STORES_OBJECTS"

// Serve turns the program into an object store and never returns, if Start
// started it as one; else it does nothing. The store is in a process of its own
// because its library changes the working directory.
func Serve() {
	dir := os.Getenv(objectsVar)
	if dir == "" {
		return
	}
	if err := serveObjects(dir); err != nil {
		fmt.Fprintln(os.Stderr, "stores:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// serveObjects is an S3 server on dir until standard input ends.
func serveObjects(dir string) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := ln.Addr().String()
	if err := ln.Close(); err != nil { // the server wants to listen itself
		return err
	}
	disk, err := posix.New(dir, meta.XattrMeta{}, posix.PosixOpts{CopyObjectThreshold: 5 << 30, ForceNoObjLockFile: true})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	err = embedgw.RunVersityGW(ctx, disk, &embedgw.Config{
		RootUserAccess: "meadow", RootUserSecret: "grass-and-flowers", Region: "us-east-1",
		IAMService:     auth.NewIAMServiceSingle(auth.Account{Access: "meadow", Secret: "grass-and-flowers", Role: auth.RoleAdmin}),
		Ports:          []string{address},
		MaxConnections: 1024, MaxRequests: 512, MultipartMaxParts: 10000,
		Quiet: true, KeepAlive: true, DisableACLs: true,
		S3Options: []s3api.Option{s3api.WithOnListen(func() {
			fmt.Printf("s3://meadow:grass-and-flowers@%s/shared?secure=false\n", address)
		})},
	})
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
