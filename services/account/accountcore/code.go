package accountcore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"time"

	"meadow/services/account"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// codeRecord is the last code that was made for a login and a purpose.
type codeRecord struct {
	ID      string    `bson:"_id"`
	Hash    string    `bson:"hash"` // blind: six digits are soon tried
	Guesses int64     `bson:"guesses"`
	Used    bool      `bson:"used,omitempty"`
	Expires time.Time `bson:"expires"`
}

func (c *Core) codeID(p account.Purpose, l login) string {
	return string(p) + "_" + c.Vault.Blind("code", l.key())
}

func (c *Core) codeHash(p account.Purpose, l login, code string) string {
	return c.Vault.Blind("code.value", string(p)+" "+l.key()+" "+code)
}

// SendCode implements account.Service. The same is read, written and answered
// for every login; what differs is whether the letter that is queued is sent.
func (c *Core) SendCode(ctx context.Context, in account.SendCode) (rpc.Empty, error) {
	l, err := parseLogin(in.To)
	if err != nil {
		return rpc.Empty{}, err
	}
	if err := c.maySend(ctx, l, in.From); err != nil {
		return rpc.Empty{}, err
	}
	code, err := newCode()
	if err != nil {
		return rpc.Empty{}, err
	}
	_, err = c.codes.Upsert(ctx, c.codeID(in.Purpose, l), func(r *codeRecord) error {
		*r = codeRecord{Hash: c.codeHash(in.Purpose, l, code), Expires: c.Now().Add(account.CodeTTL)}
		return nil
	})
	if err != nil {
		return rpc.Empty{}, fmt.Errorf("send code: %w", err)
	}
	_, err = c.userOf(ctx, l)
	if err != nil && !errors.Is(err, account.ErrNoSuchUser) {
		return rpc.Empty{}, fmt.Errorf("send code: %w", err)
	}
	return rpc.Empty{}, c.post(letter{to: l, purpose: in.Purpose, locale: in.Locale, code: code, known: err == nil})
}

func (c *Core) maySend(ctx context.Context, l login, from account.From) error {
	for _, m := range []struct {
		meter
		key string
	}{
		{meter{"codes_client", c.Limits.CodesPerClient, account.ThrottleWindow}, client(from)},
		{meter{"codes_login", c.Limits.CodesPerLogin, account.ThrottleWindow}, l.key()},
		{meter{"codes_day", 4 * c.Limits.CodesPerLogin, 24 * time.Hour}, l.key()},
	} {
		if _, err := c.take(ctx, m.meter, m.key); err != nil {
			return err
		}
	}
	return nil
}

func newCode() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", fmt.Errorf("code: %w", err)
	}
	return fmt.Sprintf("%06d", n), nil
}

// useCode returns nil once, for the code that was sent, or ErrBadCode. A guess
// is counted before it is compared.
func (c *Core) useCode(ctx context.Context, p account.Purpose, l login, code string) error {
	key := c.codeID(p, l)
	r, err := c.codes.UpdateIf(ctx, key,
		[]docdb.Cond{
			{Field: "guesses", Op: docdb.Lte, Value: int64(account.CodeGuesses - 1)},
			{Field: "expires", Op: docdb.Gte, Value: c.later()},
			{Field: "used", Op: docdb.Absent},
		},
		[]docdb.Change{{Field: "guesses", Verb: docdb.Add, Value: int64(1)}})
	if errors.Is(err, docdb.ErrNotFound) || errors.Is(err, docdb.ErrRefused) {
		return account.ErrBadCode
	}
	if err != nil {
		return fmt.Errorf("use code: %w", err)
	}
	hash := c.codeHash(p, l, code)
	if r.Hash != hash {
		return account.ErrBadCode
	}
	_, err = c.codes.UpdateIf(ctx, key,
		[]docdb.Cond{{Field: "hash", Op: docdb.Eq, Value: hash}, {Field: "used", Op: docdb.Absent}},
		[]docdb.Change{{Field: "used", Verb: docdb.Set, Value: true}})
	if errors.Is(err, docdb.ErrNotFound) || errors.Is(err, docdb.ErrRefused) {
		return account.ErrBadCode
	}
	if err != nil {
		return fmt.Errorf("use code: %w", err)
	}
	return nil
}
