package engagecore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"meadow/feed"
	"meadow/services/account"
	"meadow/services/engage"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
)

// expectDigest sees to it that somebody with news gets a digest, if they want it.
func (c *Core) expectDigest(ctx context.Context, box inbox) error {
	p := box.prefs()
	if !p.Digest || !box.DigestDue.IsZero() {
		return nil
	}
	_, err := c.inboxes.Upsert(ctx, string(box.ID), func(i *inbox) error {
		if !i.DigestDue.IsZero() || !i.prefs().Digest {
			return errTold
		}
		i.ID = box.ID
		i.DigestDue = nextAt(c.Now(), zoneOf(p), p.DigestAt)
		if i.DigestSince.IsZero() {
			i.DigestSince = c.Now().Add(-time.Minute)
		}
		return nil
	})
	if err != nil && !errors.Is(err, errTold) {
		return fmt.Errorf("digest: %w", err)
	}
	return nil
}

// DigestDue sends the digests that are due. A kill right after the mail has gone
// out may send one twice; none is left out.
func (c *Core) DigestDue(ctx context.Context) error {
	found, err := c.inboxes.Find(ctx, docdb.Query{Index: "digest", Before: c.Now().Add(time.Millisecond), Limit: batch})
	if err != nil {
		return fmt.Errorf("digests: %w", err)
	}
	var errs []error
	for _, box := range found.Items {
		errs = append(errs, c.digest(ctx, box))
	}
	return errors.Join(errs...)
}

func (c *Core) digest(ctx context.Context, box inbox) error {
	now := c.Now()
	box, err := c.inboxes.UpdateIf(ctx, string(box.ID),
		[]docdb.Cond{{Field: "digest_due", Op: docdb.Lte, Value: now}},
		[]docdb.Change{{Field: "digest_due", Verb: docdb.Set, Value: now.Add(10 * lease)}})
	if errors.Is(err, docdb.ErrRefused) || errors.Is(err, docdb.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("digest: %w", err)
	}
	if box.prefs().Digest {
		counts, err := c.unread(ctx, box, box.DigestSince)
		if err != nil {
			return err
		}
		if counts.Unread > 0 {
			zh, en := c.letter(counts, c.picks(ctx, box.ID))
			_, err := c.Account.Write(actor.AsSystem(ctx, Consumer), account.Write{User: box.ID, Chinese: zh, English: en})
			if err != nil && !errors.Is(err, account.ErrNoSuchUser) {
				return fmt.Errorf("digest: %w", err)
			}
		}
	}
	// The next one is expected with the next piece of news.
	_, err = c.inboxes.UpdateIf(ctx, string(box.ID), nil, []docdb.Change{
		{Field: "digest_due", Verb: docdb.Remove}, {Field: "digest_since", Verb: docdb.Set, Value: now},
	})
	if err != nil {
		return fmt.Errorf("digest: %w", err)
	}
	return nil
}

// names of categories in a letter, in Chinese and English.
var names = map[engage.Category][2]string{
	engage.Likes:    {"赞和收藏", "Likes and saves"},
	engage.Comments: {"评论和回复", "Comments and replies"},
	engage.Mentions: {"提到你", "Mentions"},
	engage.Follows:  {"新增关注", "New followers"},
	engage.Creators: {"你关注的人发布了", "Posts of people you follow"},
	engage.Orders:   {"订单", "Orders"},
	engage.Safety:   {"账号与内容", "Account and content"},
}

// mostPicks is how many posts a digest ends with: it is sent for the news.
const mostPicks = 3

// picks are posts that suit somebody, chosen as on their own screen and by what
// they allow there, without promotions: a part of the shop is asking for them, and
// a letter may not be read. A digest goes out without them if the feed does not answer.
func (c *Core) picks(ctx context.Context, who id.User) []feed.Shown {
	as := actor.Actor{User: who, Roles: []actor.Role{actor.Viewer}, System: Consumer}
	got, err := c.ForYou(actor.With(ctx, as), feed.AskForYou{Ask: page.Ask{Limit: mostPicks}})
	if err != nil {
		c.Log.WarnContext(ctx, "digest without posts", "err", err)
	}
	return got.Items[:min(mostPicks, len(got.Items))]
}

func (c *Core) letter(counts engage.Counts, picks []feed.Shown) (zh, en account.Letter) {
	var lines [2]strings.Builder
	for _, k := range engage.Categories {
		if n := counts.Categories[k]; n > 0 {
			for i := range lines {
				fmt.Fprintf(&lines[i], "%s: %d\n", names[k][i], n)
			}
		}
	}
	if len(picks) > 0 {
		lines[0].WriteString("\n为你挑选\n")
		lines[1].WriteString("\nFor you\n")
	}
	for _, p := range picks {
		ad := [2]string{}
		if p.Ad {
			ad = [2]string{"【广告】", "[Ad] "}
		}
		for i := range lines {
			fmt.Fprintf(&lines[i], "%s%s\n%s/p/%s\n", ad[i], p.Title, c.URL, p.ID)
		}
	}
	zh = account.Letter{
		Subject: fmt.Sprintf("Meadow 今日：%d 条未读消息", counts.Unread),
		Text:    lines[0].String() + "\n查看：" + c.URL + "/notices\n不想再收到：" + c.URL + "/preferences\n",
	}
	en = account.Letter{
		Subject: fmt.Sprintf("Meadow today: %d unread notifications", counts.Unread),
		Text:    lines[1].String() + "\nRead them: " + c.URL + "/notices\nStop these letters: " + c.URL + "/preferences\n",
	}
	return zh, en
}
