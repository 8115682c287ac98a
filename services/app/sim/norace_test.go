//go:build !race && !long

package sim

const usualSeeds = 20
