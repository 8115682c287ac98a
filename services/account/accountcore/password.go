package accountcore

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"meadow/services/account"
	"meadow/services/kernel/id"
)

// common.txt lists, one a line, widely used passwords that are long enough.
//
//go:embed common.txt
var commonText string

// hashesAtOnce bounds how many passwords are hashed at a time; each takes
// hashMemory KiB and a core.
const (
	hashesAtOnce = 2
	hashMemory   = 19 << 10
)

const maxPassword = 128 // characters

// passwords hashes and compares.
type passwords struct {
	params argon2id.Params
	common map[string]bool
	// dummy is the hash of nothing anybody knows. Comparing with it takes as long
	// as with a real one.
	dummy string
	gate  chan struct{}
}

func newPasswords(memory uint32) (*passwords, error) {
	if memory == 0 {
		memory = hashMemory
	}
	p := &passwords{
		params: argon2id.Params{Memory: memory, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32},
		common: map[string]bool{}, gate: make(chan struct{}, hashesAtOnce),
	}
	for line := range strings.Lines(commonText) {
		p.common[strings.TrimSpace(line)] = true
	}
	var err error
	if p.dummy, err = argon2id.CreateHash(id.Secret(), &p.params); err != nil {
		return nil, fmt.Errorf("password: %w", err)
	}
	return p, nil
}

// enter waits for a turn to hash. Call leave after.
func (p *passwords) enter(ctx context.Context) (leave func(), err error) {
	select {
	case p.gate <- struct{}{}:
		return func() { <-p.gate }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("password: %w", context.Cause(ctx))
	}
}

// hash is called between enter and leave.
func (p *passwords) hash(plain string) (string, error) {
	h, err := argon2id.CreateHash(plain, &p.params)
	if err != nil {
		return "", fmt.Errorf("password: %w", err)
	}
	return h, nil
}

// matches is called between enter and leave. It takes as long for a user
// without a password as for one with. Stale means that hash should be made anew.
func (p *passwords) matches(plain, hash string) (ok, stale bool, err error) {
	known := hash != ""
	if !known {
		hash = p.dummy
	}
	ok, params, err := argon2id.CheckHash(plain, hash)
	if err != nil {
		return false, false, fmt.Errorf("password: %w", err)
	}
	return ok && known, *params != p.params, nil
}

// fit returns nil if plain may become the password of whoever signs in as l.
func (p *passwords) fit(plain string, l login) error {
	n := utf8.RuneCountInString(plain)
	if n < account.MinPassword || n > maxPassword || !utf8.ValidString(plain) {
		return account.ErrPassword
	}
	lower := strings.ToLower(plain)
	local, _, _ := strings.Cut(l.text, "@")
	if p.common[lower] || lower == l.text || lower == local || "+86"+lower == l.text {
		return account.ErrPassword
	}
	different := map[rune]bool{}
	for _, r := range lower {
		different[r] = true
	}
	if len(different) < 3 {
		return account.ErrPassword
	}
	return nil
}
