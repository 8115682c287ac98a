// Package vault seals what identifies a person before it reaches any store.
//
// Every subject (a user or a merchant) has data keys of its own, one for
// personal and one for financial fields; a field is sealed with AES-256-GCM
// under its subject's key, bound to the subject and to the field's name. Data
// keys are stored wrapped by the shop's key (Keys), which is never stored with
// the data. So a copy of the database reads nothing, moving a sealed value to
// another subject or field makes it unreadable, and forgetting a subject's keys
// makes all that was ever sealed for it unreadable, backups of it included.
package vault

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/platform/docdb"
)

var (
	// ErrForgotten means that the subject's keys were destroyed by Forget.
	ErrForgotten = errors.New("vault: the subject was forgotten")
	// ErrSealed means that a value was not sealed for this subject and field, or
	// was altered since, or that its key is gone.
	ErrSealed = errors.New("vault: not sealed for this subject and field")
	// ErrReason means that Open was asked without saying why.
	ErrReason = errors.New("vault: opening needs a reason")
)

// Financial begins the name of a field that holds payment or identity data,
// such as "financial.payout_account". Such fields have keys of their own.
const Financial = "financial."

// class separates the keys of one subject.
type class string

const (
	personal  class = "personal"
	financial class = "financial"
)

func classOf(field string) class {
	if strings.HasPrefix(field, Financial) {
		return financial
	}
	return personal
}

// Vault seals and opens. It is safe for concurrent use, by several processes
// that share a database and the files of Keys.
type Vault struct {
	keys    *Keys
	now     clock.Now
	records *docdb.Collection[keyRecord]
	audit   *docdb.Collection[Opening]
	cache   *cache
}

// New returns a vault whose data keys live in db, wrapped by keys.
func New(ctx context.Context, db docdb.Driver, keys *Keys, now clock.Now) (*Vault, error) {
	records, err := docdb.Open[keyRecord](ctx, db, now, docdb.Schema{
		Name: "vault_keys", Indexes: []docdb.Index{{Name: "kek", Keys: []string{"kek"}}},
	})
	if err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	audit, err := docdb.Open[Opening](ctx, db, now, docdb.Schema{
		Name: "vault_audit", Indexes: []docdb.Index{{Name: "subject", Keys: []string{"subject", "at"}}},
	})
	if err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	return &Vault{keys: keys, now: now, records: records, audit: audit, cache: newCache(now)}, nil
}

// Seal returns plain sealed for the subject's field. Sealing twice gives two
// texts; neither says how the two relate. ErrForgotten.
func (v *Vault) Seal(ctx context.Context, subject, field, plain string) (Sealed, error) {
	k, err := v.newest(ctx, subject, classOf(field))
	if err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	return sealText(k, subject, field, plain)
}

// Open returns what was sealed for the subject's field, once it is on record
// who asked, for which request and why. Subjects who read what is their own
// are not recorded: such a log would hold more about them than it protects.
// ErrSealed, ErrForgotten or ErrReason.
func (v *Vault) Open(ctx context.Context, subject, field string, s Sealed, reason string) (string, error) {
	if reason == "" {
		return "", ErrReason
	}
	ref, err := s.parse()
	if err != nil {
		return "", err
	}
	if ref.class != classOf(field) {
		return "", ErrSealed
	}
	k, err := v.generation(ctx, subject, ref.class, ref.gen)
	if err != nil {
		return "", fmt.Errorf("open: %w", err)
	}
	plain, err := ref.open(k, subject, field)
	if err != nil {
		return "", err
	}
	if a := actor.From(ctx); a.User == "" || string(a.User) != subject {
		if err := v.record(ctx, a, subject, field, reason); err != nil {
			return "", fmt.Errorf("open: %w", err)
		}
	}
	return plain, nil
}

// Stale reports whether s was sealed under an older key than Seal would use
// now, so that its owner can seal it anew when it next writes the document.
func (v *Vault) Stale(ctx context.Context, subject string, s Sealed) (bool, error) {
	ref, err := s.parse()
	if err != nil {
		return false, err
	}
	k, err := v.newest(ctx, subject, ref.class)
	if err != nil {
		return false, fmt.Errorf("stale: %w", err)
	}
	return ref.gen != k.gen, nil
}

// Blind returns a text that equal values of a field share, and that says
// nothing about them to whoever lacks the key: an index over what is sealed.
// The caller normalises; what differs in case or spacing differs here.
func (v *Vault) Blind(field, normalised string) string {
	h := hmac.New(sha256.New, v.keys.blind)
	h.Write(bind(field, normalised))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:20])
}

// bind joins parts so that no two lists of parts give the same bytes.
func bind(parts ...string) []byte {
	var out []byte
	for _, p := range parts {
		out = binary.AppendUvarint(out, uint64(len(p)))
		out = append(out, p...)
	}
	return out
}
