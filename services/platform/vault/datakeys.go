package vault

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"

	"meadow/services/platform/docdb"
)

// keyRecord is a subject's data keys. Of each class the highest generation
// seals; all of them open.
type keyRecord struct {
	Subject string    `bson:"_id"`
	Keys    []wrapped `bson:"keys,omitempty"`
	// KEK is the oldest version of the shop's key that wraps one of Keys; absent
	// if there are none. Its index finds what is left to wrap anew.
	KEK       int       `bson:"kek,omitempty"`
	Forgotten time.Time `bson:"forgotten,omitempty"`
}

// wrapped is one data key under a version of the shop's key.
type wrapped struct {
	Class class  `bson:"class"`
	Gen   int    `bson:"gen"`
	KEK   int    `bson:"kek"`
	Bytes []byte `bson:"bytes"`
}

// newest returns the key that seals a class of the subject's fields, and makes
// it first if there is none.
func (v *Vault) newest(ctx context.Context, subject string, c class) (dataKey, error) {
	if k, ok := v.cache.newest(subject, c); ok {
		return k, nil
	}
	r, err := v.records.Get(ctx, subject)
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return dataKey{}, err
	}
	if err == nil && r.Forgotten.IsZero() && r.gen(c) == 0 || errors.Is(err, docdb.ErrNotFound) {
		if r, err = v.grow(ctx, subject, c, 0); err != nil {
			return dataKey{}, err
		}
	}
	return v.unwrap(subject, r, c, r.gen(c))
}

// generation returns a certain key of the subject.
func (v *Vault) generation(ctx context.Context, subject string, c class, gen int) (dataKey, error) {
	if k, ok := v.cache.generation(subject, c, gen); ok {
		return k, nil
	}
	r, err := v.records.Get(ctx, subject)
	if errors.Is(err, docdb.ErrNotFound) {
		return dataKey{}, ErrSealed
	}
	if err != nil {
		return dataKey{}, err
	}
	return v.unwrap(subject, r, c, gen)
}

// grow gives the subject a key of class c, unless it has one newer than gen by
// now.
func (v *Vault) grow(ctx context.Context, subject string, c class, gen int) (keyRecord, error) {
	raw := make([]byte, keyBytes)
	_, _ = rand.Read(raw)
	return v.records.Upsert(ctx, subject, func(r *keyRecord) error {
		if !r.Forgotten.IsZero() {
			return ErrForgotten
		}
		if r.gen(c) > gen {
			return nil
		}
		w, err := v.wrap(subject, c, r.gen(c)+1, raw)
		if err != nil {
			return err
		}
		r.Keys = append(r.Keys, w)
		r.KEK = r.oldest()
		return nil
	})
}

// unwrap returns r's key, and remembers it for a while.
func (v *Vault) unwrap(subject string, r keyRecord, c class, gen int) (dataKey, error) {
	if !r.Forgotten.IsZero() {
		return dataKey{}, ErrForgotten
	}
	for _, w := range r.Keys {
		if w.Class != c || w.Gen != gen {
			continue
		}
		raw, err := v.raw(subject, w)
		if err != nil {
			return dataKey{}, err
		}
		aead, err := aeadOf(raw)
		if err != nil {
			return dataKey{}, err
		}
		k := dataKey{gen: gen, aead: aead}
		v.cache.put(subject, c, k, gen == r.gen(c))
		return k, nil
	}
	return dataKey{}, ErrSealed
}

// raw returns the data key inside w.
func (v *Vault) raw(subject string, w wrapped) ([]byte, error) {
	aead, err := v.keys.wrapper(w.KEK, w.Class)
	if err != nil {
		return nil, err
	}
	raw, err := unseal(aead, w.Bytes, w.bound(subject))
	if err != nil {
		return nil, fmt.Errorf("vault: the data key of %s does not fit the shop's key: %w", subject, err)
	}
	return raw, nil
}

// wrap puts a data key under the newest version of the shop's key.
func (v *Vault) wrap(subject string, c class, gen int, raw []byte) (wrapped, error) {
	w := wrapped{Class: c, Gen: gen, KEK: v.keys.newest()}
	aead, err := v.keys.wrapper(w.KEK, c)
	if err != nil {
		return wrapped{}, err
	}
	w.Bytes = seal(aead, raw, w.bound(subject))
	return w, nil
}

func (w wrapped) bound(subject string) []byte {
	return bind("key", string(w.Class), strconv.Itoa(w.Gen), strconv.Itoa(w.KEK), subject)
}

// gen is the highest generation of a class, or 0.
func (r keyRecord) gen(c class) int {
	n := 0
	for _, w := range r.Keys {
		if w.Class == c {
			n = max(n, w.Gen)
		}
	}
	return n
}

func (r keyRecord) oldest() int {
	n := 0
	for _, w := range r.Keys {
		if n == 0 || w.KEK < n {
			n = w.KEK
		}
	}
	return n
}
