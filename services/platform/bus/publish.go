package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

const (
	stream      = "MEADOW"
	factPrefix  = "fact."
	streamBytes = 1 << 30
	streamAge   = 7 * 24 * time.Hour
	// dedupe is how long the bus remembers the ids of what it holds. Each costs
	// it some 100 bytes of memory.
	dedupe = 10 * time.Minute
	// clusterCopies is how many servers of a cluster keep each fact.
	clusterCopies = 3
)

// ErrSubject refuses a topic, consumer or subject that NATS would read as
// something else.
var ErrSubject = errors.New("bus: bad subject")

// Publish implements Bus.
func (n *NATS) Publish(ctx context.Context, e Event, again bool) error {
	if !plain(e.Topic) || e.ID == "" {
		return fmt.Errorf("%w: topic %q, event %q", ErrSubject, e.Topic, e.ID)
	}
	if err := n.usable(); err != nil {
		return err
	}
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("bus: publish %s: %w", e.Topic, err)
	}
	msgID := e.ID
	if again {
		msgID += "." + nuid.Next()
	}
	_, err = n.js.Publish(ctx, factPrefix+e.Topic, body, jetstream.WithMsgID(msgID))
	if errors.Is(err, jetstream.ErrNoStreamResponse) || errors.Is(err, jetstream.ErrStreamNotFound) {
		if err = n.restoreStream(ctx); err == nil {
			_, err = n.js.Publish(ctx, factPrefix+e.Topic, body, jetstream.WithMsgID(msgID))
		}
	}
	if err != nil {
		return fmt.Errorf("bus: publish %s: %w", e.Topic, err)
	}
	return nil
}

// restoreStream makes the stream anew after it was lost, and has every
// subscription make its consumer anew.
func (n *NATS) restoreStream(ctx context.Context) error {
	n.log.WarnContext(ctx, "bus stream is gone, making it anew", "stream", stream)
	if err := n.ensureStream(ctx); err != nil {
		return err
	}
	n.renew()
	return nil
}

// ensureStream makes the stream if there is none. One that exists is left as
// its operator has set it.
func (n *NATS) ensureStream(ctx context.Context) error {
	_, err := n.js.Stream(ctx, stream)
	if !errors.Is(err, jetstream.ErrStreamNotFound) {
		return err
	}
	cfg := jetstream.StreamConfig{
		Name:       stream,
		Subjects:   []string{factPrefix + ">"},
		Retention:  jetstream.LimitsPolicy,
		Discard:    jetstream.DiscardOld,
		MaxAge:     streamAge,
		MaxBytes:   streamBytes,
		Duplicates: dedupe,
		Storage:    jetstream.FileStorage,
		Replicas:   1,
	}
	if n.conn.ConnectedClusterName() != "" {
		cfg.Replicas = clusterCopies
	}
	_, err = n.js.CreateStream(ctx, cfg)
	if err != nil && cfg.Replicas > 1 && !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		n.log.WarnContext(ctx, "bus cluster keeps one copy of each fact only", "err", err)
		cfg.Replicas = 1
		_, err = n.js.CreateStream(ctx, cfg)
	}
	if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		return nil // another process was faster
	}
	return err
}

// plain reports whether s is one or more tokens without a wildcard.
func plain(s string) bool {
	if strings.ContainsAny(s, " \t\r\n*>/\\") {
		return false
	}
	for t := range strings.SplitSeq(s, ".") {
		if t == "" {
			return false
		}
	}
	return true
}
