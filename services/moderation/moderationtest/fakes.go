package moderationtest

import (
	"context"
	"sync"
	"time"

	"meadow/services/account"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
)

// People stand in for accounts, where a test is of moderation alone.
type People struct {
	account.Desk // nil: nothing else is asked
	Now          clock.Now

	mu  sync.Mutex // guards all
	all map[id.User]account.Known
}

// NewPeople returns nobody.
func NewPeople(now clock.Now) *People { return &People{Now: now, all: map[id.User]account.Known{}} }

// Add makes an account that is old enough for any rule.
func (p *People) Add(name string, roles ...actor.Role) actor.Actor {
	return p.AddAged(30*24*time.Hour, name, roles...)
}

// AddAged makes an account of an age.
func (p *People) AddAged(age time.Duration, name string, roles ...actor.Role) actor.Actor {
	p.mu.Lock()
	defer p.mu.Unlock()
	u := id.User(id.New("usr", p.Now()))
	p.all[u] = account.Known{Profile: account.Profile{ID: u, Name: name}, Roles: roles, CreatedAt: p.Now().Add(-age)}
	return actor.Actor{User: u, Roles: append([]actor.Role{actor.Viewer}, roles...)}
}

// Grant gives somebody a role.
func (p *People) Grant(u id.User, r actor.Role) {
	p.mu.Lock()
	defer p.mu.Unlock()
	k := p.all[u]
	k.Roles = append(k.Roles, r)
	p.all[u] = k
}

// KnownUsers answers as account.Desk does.
func (p *People) KnownUsers(ctx context.Context, in account.Users) (page.Page[account.Known], error) {
	if actor.From(ctx).System == "" {
		return page.Page[account.Known]{}, actor.ErrForbidden
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	out := page.Page[account.Known]{Items: []account.Known{}}
	for _, u := range in.IDs {
		if k, ok := p.all[u]; ok {
			out.Items = append(out.Items, k)
		}
	}
	return out, nil
}
