// Package deploy holds what runs Meadow elsewhere: an image, a composition for
// one machine, manifests for Kubernetes, a configuration to begin with, and the
// scripts of make test. Its tests read these files as their programs would.
package deploy
