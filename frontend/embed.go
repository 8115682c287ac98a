// Package frontend carries the built web app inside the binary.
//
// npm builds the app into dist/site: the viewer at its root, the studio in
// studio/. Scripts and styles come as .br and .gz only. Until it is built,
// dist holds a page that says so, and the Go code compiles without Node.
package frontend

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Dist returns the site as it is served: "index.html", "assets/…",
// "studio/index.html", "studio/assets/…"; or the page that says how to build it.
func Dist() fs.FS {
	folder := "dist"
	if _, err := fs.Stat(dist, "dist/site/index.html"); err == nil {
		folder = "dist/site"
	}
	site, err := fs.Sub(dist, folder)
	if err != nil {
		panic(err) // both are valid paths
	}
	return site
}
