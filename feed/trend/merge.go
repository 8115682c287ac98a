package trend

import (
	"errors"
	"slices"
)

// ErrOptions answers trends that were counted in another way.
var ErrOptions = errors.New("these trends were counted with other options")

// Merge adds what another shard counted. People whom both have seen count once:
// the counts are reduced by the share of people that the shards have in common.
// Both must have the same options, or it answers ErrOptions. Merging a shard
// twice counts those twice whom neither remembers any more; so merge into a new
// one each time.
func (t *Trends) Merge(other *Trends) error {
	if t.options != other.options {
		return ErrOptions
	}
	theirs := other.copied() // first, as two locks are never held together
	t.mu.Lock()
	defer t.mu.Unlock()
	last := int64(0)
	for scope, keys := range theirs {
		mine := t.scopes[scope]
		if mine == nil {
			if len(t.scopes) >= t.options.Scopes {
				continue
			}
			mine = map[string]*entry{}
			t.scopes[scope] = mine
		}
		for key, e := range keys {
			last = max(last, e.at)
			if mine[key] == nil {
				mine[key] = e
				t.keys++
				continue
			}
			mine[key].merge(&t.options, e)
		}
	}
	if t.keys > t.options.Keys {
		t.sweep(last)
	}
	return nil
}

func (e *entry) merge(o *Options, other *entry) {
	at := max(e.at, other.at)
	for _, one := range []*entry{e, other} {
		one.decay(o, at)
		one.turn(o, at)
	}
	mine, theirs, share := union(&e.people[0], &e.people[1]), union(&other.people[0], &other.people[1]), 1.
	if n := mine.size() + theirs.size(); n > 0 {
		share = min(1, float64(together(&mine, &theirs))/float64(n))
	}
	e.now = (e.now + other.now) * share
	e.usual = (e.usual + other.usual) * share
	for i := range e.people {
		e.people[i] = union(&e.people[i], &other.people[i])
	}
}

// copied returns all that is kept.
func (t *Trends) copied() map[Scope]map[string]*entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make(map[Scope]map[string]*entry, len(t.scopes))
	for scope, keys := range t.scopes {
		out[scope] = make(map[string]*entry, len(keys))
		for key, e := range keys {
			c := *e
			for i, p := range e.people {
				c.people[i].few = slices.Clone(p.few)
				if p.many != nil {
					many := *p.many
					c.people[i].many = &many
				}
			}
			out[scope][key] = &c
		}
	}
	return out
}
