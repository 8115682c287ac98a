package engagecore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"meadow/services/account"
	"meadow/services/engage"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/ledger"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
)

// payees are whom to tell of a payee's money: whose it is, or the owner of the
// shop, and who did it.
func (c *Core) payees(ctx context.Context, a ledger.Account, by id.User) ([]id.User, error) {
	kind, name, _ := strings.Cut(string(a), ":")
	owner := id.User(name)
	if kind == ledger.MerchantPayable {
		var err error
		if owner, err = c.Owner(actor.AsSystem(ctx, Consumer), id.Merchant(name)); err != nil {
			return nil, fmt.Errorf("engage: owner of %s: %w", name, err)
		}
	}
	return slices.DeleteFunc(slices.Compact([]id.User{owner, by}), func(u id.User) bool { return u == "" }), nil
}

// payoutAccount tells of a changed account in the shop and by letter, while
// payouts still wait: whoever took over a login reads its notices too.
func (c *Core) payoutAccount(ctx context.Context, e bus.Event, d ledger.PayoutAccountData) error {
	people, err := c.payees(ctx, d.Payee, d.By)
	if err != nil {
		return err
	}
	for _, u := range people {
		n := news{user: u, category: engage.Safety, kind: engage.PayoutAccount, key: e.ID, text: d.Number, at: e.At}
		if err := c.tell(ctx, n); err != nil {
			return err
		}
		if err := c.write(ctx, n.id(), account.Write{User: u, Chinese: account.Letter{
			Subject: "收款账户已更改",
			Text:    fmt.Sprintf("提现收款账户已改为 %s，%s 起生效。如果不是你本人操作，请立即修改密码并联系我们：%s\n", d.Number, d.ReadyAt.UTC().Format("2006-01-02 15:04 UTC"), c.URL),
		}, English: account.Letter{
			Subject: "The account for payouts was changed",
			Text: fmt.Sprintf("Payouts go to %s from %s on. If that was not you, change your password now and write to us: %s\n",
				d.Number, d.ReadyAt.UTC().Format("2006-01-02 15:04 UTC"), c.URL),
		}}); err != nil {
			return err
		}
	}
	return nil
}

// write sends the letter of a notice, and notes that it did: an event that comes
// again sends none.
func (c *Core) write(ctx context.Context, n id.Notice, letter account.Write) error {
	had, err := c.notices.Get(ctx, string(n))
	if err != nil || had.Lettered {
		return err
	}
	if _, err := c.Account.Write(actor.AsSystem(ctx, Consumer), letter); err != nil && !errors.Is(err, account.ErrNoSuchUser) {
		return fmt.Errorf("engage: a letter: %w", err)
	}
	_, err = c.notices.UpdateIf(ctx, string(n), nil, []docdb.Change{{Field: "lettered", Verb: docdb.Set, Value: true}})
	return err
}

// major is an amount as people write it: "50.00 CNY".
func major(m money.Money) string {
	return fmt.Sprintf("%d.%02d %s", m.Amount/100, m.Amount%100, m.Currency)
}

func (c *Core) payoutEnded(ctx context.Context, e bus.Event, d ledger.PayoutData) error {
	people, err := c.payees(ctx, d.Payee, d.By)
	if err != nil {
		return err
	}
	kind := engage.PayoutPaid
	if d.State != ledger.PayoutDone {
		kind = engage.PayoutFailed
	}
	for _, u := range people {
		if err := c.tell(ctx, news{user: u, category: engage.Orders, kind: kind, key: e.ID, text: major(d.Amount), at: e.At}); err != nil {
			return err
		}
	}
	return nil
}
