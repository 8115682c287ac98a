package creatorcore

import (
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"meadow/services/creator"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/picture"
)

const (
	maxTitle    = 60
	maxBody     = 2000
	maxPictures = 18
	maxTags     = 20
	maxMentions = 20
	maxPlace    = 80
	maxBrand    = 60
	maxWords    = 20_000 // of everything a post says: what moderation reads
)

// compose checks a draft and makes it content, with the trace that it goes on,
// if any. What old names already may be gone by now: products off sale, people
// who left.
func (c *Core) compose(ctx context.Context, w writer, d creator.DraftContent, old post) (Content, id.Trace, error) {
	out, err := textOf(d)
	if err != nil {
		return out, "", err
	}
	if err := rules(d, out, w.earns); err != nil {
		return out, "", err
	}
	var trace id.Trace
	if out.Tags, trace, err = c.tagged(ctx, w, d, out.Kind, old.Tags); err != nil {
		return out, "", err
	}
	out.Verified = len(out.Tags) > 0 && !slices.ContainsFunc(out.Tags, func(t tag) bool { return !t.Bought })
	if out.Kind == creator.Article {
		if out.Blocks, out.Body, err = blocksOf(d.Blocks, len(d.Pictures), out.Tags); err != nil {
			return out, "", err
		}
	}
	if out.Mentions, err = c.mentioned(ctx, w, d.Mentions, old.Mentions); err != nil {
		return out, "", err
	}
	if err := c.shows(ctx, w, d, old, &out); err != nil {
		return out, "", err
	}
	if out.Video != nil {
		if out.Chapters, err = chaptersOf(d.Chapters, out.Video.Duration, out.Tags); err != nil {
			return out, "", err
		}
	}
	if utf8.RuneCountInString(out.words()) > maxWords {
		return out, "", errs.ErrInvalid.With("blocks", fmt.Sprintf("must be at most %d characters together", maxWords))
	}
	return out, trace, nil
}

// textOf is the part of a draft that needs nobody else.
func textOf(d creator.DraftContent) (Content, error) {
	out := Content{
		Kind: d.Kind, Genre: d.Genre, Ad: d.Ad, AI: d.AI, Lang: d.Lang, Visibility: d.Visibility, Body: plain(d.Body),
		Blocks: []creator.Block{}, Chapters: []creator.Chapter{}, Likenesses: []string{},
	}
	if out.Kind == "" {
		out.Kind = creator.Pictures
	}
	if out.Visibility == "" {
		out.Visibility = creator.Public
	}
	var err error
	if out.Title, err = line("title", oneLine(d.Title), 1, maxTitle); err != nil {
		return out, err
	}
	if _, err = line("body", out.Body, 0, maxBody); err != nil {
		return out, err
	}
	if out.Place, err = line("place", oneLine(d.Place), 0, maxPlace); err != nil {
		return out, err
	}
	if out.PaidBy, err = line("paid_by", oneLine(d.PaidBy), 0, maxBrand); err != nil {
		return out, err
	}
	if out.Kind == creator.Replay {
		out.Room = d.Room
	}
	out.Topics, err = topicsOf(d.Topics)
	return out, err
}

// rules are those that need no look at what is named.
func rules(d creator.DraftContent, out Content, earns bool) error {
	switch out.Kind {
	case creator.Pictures, creator.Article:
		if len(d.Pictures) == 0 {
			return errs.ErrInvalid.With("pictures", "is required")
		}
	case creator.Video, creator.Replay:
		if d.Video == nil {
			return errs.ErrInvalid.With("video", "is required")
		}
	default:
		return errs.ErrInvalid.With("kind", "must be one of pictures, video, article, replay")
	}
	switch out.Visibility {
	case creator.Public, creator.FollowersOnly, creator.OnlyMe:
	default:
		return errs.ErrInvalid.With("visibility", "must be one of public, followers, private")
	}
	switch out.Genre {
	case "", creator.Intro, creator.Guide, creator.Promotion, creator.Story, creator.Rating, creator.Lifestyle, creator.News:
	default:
		return errs.ErrInvalid.With("genre", "is not known")
	}
	switch {
	case out.Lang == "":
		return errs.ErrInvalid.With("lang", "is required")
	case out.Lang != "zh-CN" && out.Lang != "en":
		return errs.ErrInvalid.With("lang", "must be one of zh-CN, en")
	case len(d.Pictures) > maxPictures:
		return errs.ErrInvalid.With("pictures", fmt.Sprintf("must be at most %d items", maxPictures))
	case len(d.Tags) > maxTags:
		return errs.ErrInvalid.With("tags", fmt.Sprintf("must be at most %d items", maxTags))
	case !d.Ad && (earns && len(d.Tags) > 0 || out.PaidBy != ""):
		return creator.ErrUnlabelled
	}
	return nil
}

// mentioned checks who is mentioned: people that there are, and between whom
// and the author nothing stands.
func (c *Core) mentioned(ctx context.Context, w writer, who []id.User, old []creator.Mention) ([]creator.Mention, error) {
	out := make([]creator.Mention, 0, len(who))
	who = unique(who)
	if len(who) == 0 {
		return out, nil
	}
	if len(who) > maxMentions {
		return nil, errs.ErrInvalid.With("mentions", fmt.Sprintf("must be at most %d items", maxMentions))
	}
	people, err := c.profilesOf(ctx, who)
	if err != nil {
		return nil, err
	}
	sh, err := c.shieldFor(ctx, w.account)
	if err != nil {
		return nil, err
	}
	silent := make(map[id.User]bool, len(sh.Silent))
	for _, u := range sh.Silent {
		silent[u] = true
	}
	before := make(map[id.User]creator.Mention, len(old))
	for _, m := range old {
		before[m.ID] = m
	}
	for i, u := range who {
		p, known := people[u]
		had, wasThere := before[u]
		switch {
		case silent[u], !known && !wasThere:
			return nil, creator.ErrMention.With(fmt.Sprintf("mentions[%d]", i), "cannot be mentioned")
		case wasThere:
			out = append(out, had)
		default:
			out = append(out, creator.Mention{ID: u, Name: p.Name})
		}
	}
	return out, nil
}

// shows claims what a post shows, so that it stays, and puts it into out.
func (c *Core) shows(ctx context.Context, w writer, d creator.DraftContent, old post, out *Content) error {
	hands := unique(append(append([]id.User{}, w.hands...), old.Hands...))
	wanted := d.Pictures
	if out.Kind == creator.Video || out.Kind == creator.Replay {
		v, err := c.claimVideo(ctx, hands, *d.Video)
		if err != nil {
			return err
		}
		out.Video, out.AI = &v.Video, out.AI || v.AI
		cover := picture.Wanted{ID: d.Video.Cover, Alt: d.Video.Alt}
		if cover.ID == "" {
			cover.ID = v.Poster
		}
		wanted = []picture.Wanted{cover}
	}
	claimed, err := c.claim(ctx, hands, wanted)
	if err != nil {
		return err
	}
	out.Pictures = make([]picture.Picture, len(claimed))
	for i, p := range claimed {
		alt, err := line(fmt.Sprintf("pictures[%d].alt", i), oneLine(wanted[i].Alt), 0, 300)
		if err != nil {
			return err
		}
		out.Pictures[i] = p.Shown(alt)
		out.AI = out.AI || p.AI
		if p.Likeness != "" {
			out.Likenesses = append(out.Likenesses, p.Likeness)
		}
	}
	return nil
}
