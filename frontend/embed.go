// Package frontend carries the built web app inside the binary.
//
// The app is built by npm into dist: dist/viewer is served at /, dist/studio at
// /studio/. Beside each text file lie its .br and .gz. Until the app is built,
// dist holds a page that says so, and the Go code compiles without Node.
package frontend

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Dist returns what was built: "viewer/index.html", "viewer/assets/…",
// "studio/index.html", "studio/assets/…".
func Dist() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // "dist" is a valid path
	}
	return sub
}
