package creatortest

import (
	"context"
	"slices"
	"strings"

	"meadow/services/kernel/id"
	"meadow/services/moderation"
)

// Judge says what becomes of whatever has this word in its text. Everything
// else is approved.
func (n *Neighbours) Judge(word string, v moderation.Verdict) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.verdicts[word] = v
}

// Shielded says what must not be shown to somebody.
func (n *Neighbours) Shielded(user id.User, s moderation.Shield) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.shields[user] = s
}

// Estrange makes two people silent to each other.
func (n *Neighbours) Estrange(by, whom id.User) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, x := range [][2]id.User{{by, whom}, {whom, by}} {
		s := n.shields[x[0]]
		s.Hidden, s.Silent = append(slices.Clone(s.Hidden), x[1]), append(slices.Clone(s.Silent), x[1])
		n.shields[x[0]] = s
	}
}

// Checked returns what was judged of one subject, in order.
func (n *Neighbours) Checked(subject string) []moderation.Check {
	n.mu.Lock()
	defer n.mu.Unlock()
	var out []moderation.Check
	for _, k := range n.checked {
		if k.Subject.ID == subject {
			out = append(out, k)
		}
	}
	return out
}

type bench struct {
	moderation.Service // nil: nothing else is asked
	*Neighbours
}

func (b bench) Check(ctx context.Context, in moderation.Check) (moderation.Verdict, error) {
	if err := inShop(ctx); err != nil {
		return moderation.Verdict{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.checked = append(b.checked, in)
	for word, v := range b.verdicts {
		if strings.Contains(in.Facts.Text, word) {
			return v, nil
		}
	}
	return moderation.Verdict{Outcome: moderation.Approved}, nil
}

func (b bench) Shield(ctx context.Context, in moderation.AskShield) (moderation.Shield, error) {
	if err := inShop(ctx); err != nil {
		return moderation.Shield{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.shields[in.User], nil
}
