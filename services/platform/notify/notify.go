// Package notify sends somebody a short message: a one-time code, a receipt.
// DevInbox keeps messages for a developer to read, SMTP sends email.
package notify

import (
	"context"

	"meadow/services/kernel/errs"
)

// Channel is how a message travels.
type Channel string

const (
	Email Channel = "email"
	SMS   Channel = "sms"
)

// Message is what is sent to one person. Subject is not used by SMS.
type Message struct {
	To      string  `json:"to"` // an email address, or a number such as +8613800138000
	Channel Channel `json:"channel"`
	Subject string  `json:"subject,omitempty"`
	Text    string  `json:"text"`
	Locale  string  `json:"locale,omitempty"`
}

// Notifier takes messages over. Once Send returned nil the message is somebody
// else's to deliver; it is never retried here.
type Notifier interface {
	Send(ctx context.Context, m Message) error
}

var (
	// ErrAddress means that To or Subject cannot be sent as they are.
	ErrAddress = errs.New(errs.Invalid, "bad_recipient", "This address cannot receive messages.")
	// ErrChannel means that nothing here sends on the message's channel.
	ErrChannel = errs.New(errs.Unavailable, "channel_unavailable", "Messages of this kind cannot be sent right now.")
)

// Split sends each channel's messages through its own notifier. A channel whose
// notifier is nil answers ErrChannel.
type Split struct{ Email, SMS Notifier }

// Send implements Notifier.
func (s Split) Send(ctx context.Context, m Message) error {
	switch {
	case m.Channel == Email && s.Email != nil:
		return s.Email.Send(ctx, m)
	case m.Channel == SMS && s.SMS != nil:
		return s.SMS.Send(ctx, m)
	}
	return ErrChannel
}
