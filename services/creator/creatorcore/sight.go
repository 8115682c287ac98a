package creatorcore

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"meadow/services/creator"
	"meadow/services/kernel/id"
)

// sight is what one reader may see of some posts: everything that decides it,
// asked for once a request.
type sight struct {
	me      id.User // "" is a visitor
	now     time.Time
	people  map[id.User]profile
	hidden  map[id.User]bool // by a block or a mute
	words   []string         // muted, folded
	follows map[id.User]bool // authors of posts that are not for everybody
	works   map[id.User]bool // authors for whom the reader works, of posts that others do not see
}

// look asks what me may see of posts.
func (c *Core) look(ctx context.Context, me id.User, posts ...post) (sight, error) {
	s := sight{me: me, now: c.Now(), follows: map[id.User]bool{}, works: map[id.User]bool{}}
	authors := make([]id.User, len(posts))
	for i, p := range posts {
		authors[i] = p.Author
	}
	var err error
	if s.people, err = c.profilesOf(ctx, authors); err != nil || me == "" {
		return s, err
	}
	if err := s.shield(ctx, c); err != nil {
		return s, err
	}
	var fansOnly, closed []id.User
	for _, p := range posts {
		switch {
		case p.Author == me:
		case p.FansAt.IsZero():
			closed = append(closed, p.Author)
		case p.PublicAt.IsZero():
			fansOnly = append(fansOnly, p.Author)
		}
	}
	if err := s.follow(ctx, c, unique(fansOnly)); err != nil {
		return s, err
	}
	for _, a := range fansOnly {
		if !s.follows[a] {
			closed = append(closed, a)
		}
	}
	for _, a := range unique(closed) {
		if s.works[a], err = c.mayAct(ctx, me, a, creator.Editor); err != nil {
			return s, fmt.Errorf("staff: %w", err)
		}
	}
	return s, nil
}

func (s *sight) shield(ctx context.Context, c *Core) error {
	sh, err := c.shieldFor(ctx, s.me)
	if err != nil {
		return err
	}
	s.hidden = make(map[id.User]bool, len(sh.Hidden))
	for _, u := range sh.Hidden {
		s.hidden[u] = true
	}
	for _, w := range sh.Words {
		if w = strings.ToLower(w); w != "" {
			s.words = append(s.words, w)
		}
	}
	return nil
}

func (s *sight) follow(ctx context.Context, c *Core, authors []id.User) error {
	ids := make([]string, len(authors))
	for i, a := range authors {
		ids[i] = followID(s.me, a)
	}
	found, err := c.follows.GetMany(ctx, ids)
	if err != nil {
		return fmt.Errorf("follows: %w", err)
	}
	for _, f := range found {
		s.follows[f.Followed] = !f.At.IsZero()
	}
	return nil
}

// own reports whether a post is the reader's, or of an account they work for.
func (s sight) own(p post) bool { return s.me != "" && (p.Author == s.me || s.works[p.Author]) }

// may reports whether the reader may read p under its address.
func (s sight) may(p post) bool {
	switch {
	case !p.kept():
		return false
	case s.own(p):
		return true
	case p.FansAt.IsZero(), s.people[p.Author].banned(s.now), s.hidden[p.Author], s.mutes(p):
		return false
	}
	return p.Visibility == creator.Public || s.follows[p.Author]
}

// lists reports whether p may stand in a list that the reader sees.
func (s sight) lists(p post) bool {
	return p.shown() && s.may(p) && (p.State != creator.Limited || s.own(p) || s.follows[p.Author])
}

// mutes reports whether p says a word that the reader does not want to see.
func (s sight) mutes(p post) bool {
	if len(s.words) == 0 {
		return false
	}
	text := strings.ToLower(norm.NFKC.String(p.Title + "\n" + p.Body + "\n" + strings.Join(p.Topics, "\n"))) // as moderation.Shield says
	for _, w := range s.words {
		if says(text, w) {
			return true
		}
	}
	return false
}

// says reports whether text has word, not as a part of a longer one where
// words stand apart.
func says(text, word string) bool {
	first, _ := utf8.DecodeRuneInString(word)
	last, _ := utf8.DecodeLastRuneInString(word)
	for at := 0; ; {
		i := strings.Index(text[at:], word)
		if i < 0 {
			return false
		}
		from, to := at+i, at+i+len(word)
		before, _ := utf8.DecodeLastRuneInString(text[:from])
		after, _ := utf8.DecodeRuneInString(text[to:])
		if (!spelled(first) || !spelled(before)) && (!spelled(last) || !spelled(after)) {
			return true
		}
		_, size := utf8.DecodeRuneInString(text[from:])
		at = from + size
	}
}

// spelled reports whether r is of a script that puts spaces between words.
func spelled(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsDigit(r)) &&
		!unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// banned reports whether p is under a ban.
func (p profile) banned(now time.Time) bool {
	return p.Ban.On && (p.Ban.Until.IsZero() || now.Before(p.Ban.Until))
}
