package vault

import (
	"context"
	"fmt"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
)

// Opening is the record of a sealed field being read by another than its
// subject.
type Opening struct {
	ID      string    `json:"id" bson:"_id"`
	Who     string    `json:"who" bson:"who"` // a user, "system:<part>" or "visitor"
	Subject string    `json:"subject" bson:"subject"`
	Field   string    `json:"field" bson:"field"`
	Reason  string    `json:"reason" bson:"reason"`
	At      time.Time `json:"at" bson:"at"`
	Request string    `json:"request,omitempty" bson:"request,omitempty"`
}

func (v *Vault) record(ctx context.Context, a actor.Actor, subject, field, reason string) error {
	o := Opening{
		ID: id.New("vop", v.now()), Who: who(a), Subject: subject, Field: field,
		Reason: reason, At: v.now(), Request: actor.Request(ctx),
	}
	return v.audit.Insert(ctx, o.ID, o)
}

func who(a actor.Actor) string {
	switch {
	case a.User != "":
		return string(a.User)
	case a.System != "":
		return "system:" + a.System
	}
	return "visitor"
}

// Openings returns who opened a subject's fields, the latest first.
func (v *Vault) Openings(ctx context.Context, subject string, ask page.Ask) (page.Page[Opening], error) {
	p, err := v.audit.Find(ctx, docdb.Query{
		Index: "subject", Equal: []any{subject}, Descending: true,
		Limit: ask.Size(50, 200), After: ask.After,
	})
	if err != nil {
		return p, fmt.Errorf("openings: %w", err)
	}
	return p, nil
}
