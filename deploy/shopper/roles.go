package shopper

import (
	"context"
	"io"
	"path/filepath"
	"strings"
)

// Roles is a shop whose roles are processes of their own.
type Roles struct {
	URL       string // of the gateway
	Processes []*Process
}

// StartRoles starts each role on a free port, the gateway last. args name the
// stores that they share; dir keeps their keys.
func StartRoles(ctx context.Context, bin string, log io.Writer, dir string, args ...string) (*Roles, error) {
	roles := []string{"media", "creator", "checkout", "feed", "gateway"}
	addresses := make([]string, len(roles))
	var peers []string
	for i, r := range roles {
		a, err := FreePort()
		if err != nil {
			return nil, err
		}
		addresses[i] = a
		peers = append(peers, r+"=http://"+a)
	}
	out := &Roles{URL: "http://" + addresses[len(roles)-1]}
	for i, r := range roles {
		own := append([]string{
			"-roles", r, "-peers", strings.Join(peers, ","), "-public-url", out.URL,
			"-data", filepath.Join(dir, r), "-secrets", filepath.Join(dir, "secrets"),
		}, args...)
		p, err := StartAt(ctx, bin, log, addresses[i], own...)
		out.Processes = append(out.Processes, p)
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// Token is that of the operator's one-time link.
func (r *Roles) Token() string {
	for _, p := range r.Processes {
		if t := p.Token(); t != "" {
			return t
		}
	}
	return ""
}
