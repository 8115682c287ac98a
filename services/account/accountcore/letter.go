package accountcore

import (
	"context"
	"fmt"
	"time"

	"meadow/services/account"
	"meadow/services/platform/notify"
)

// letter is a message to a login, before it is written.
type letter struct {
	to      login
	purpose account.Purpose
	locale  account.Locale
	code    string
	known   bool // there is an account
}

const (
	// mailQueue is how many letters wait to be sent.
	mailQueue = 256
	// drainTime is how long letters are still sent once the shop stops.
	drainTime = 5 * time.Second
)

// post queues a letter. Letters are sent behind the caller's back, since how
// long that takes would tell whether there is an account.
func (c *Core) post(l letter) error {
	select {
	case c.mail <- l:
		return nil
	default:
		return notify.ErrChannel
	}
}

// deliver sends letters until ctx ends, and then those that wait.
func (c *Core) deliver(ctx context.Context) {
	for {
		select {
		case l := <-c.mail:
			c.send(ctx, l)
		case <-ctx.Done():
			c.drain(ctx)
			return
		}
	}
}

func (c *Core) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	for {
		select {
		case l := <-c.mail:
			c.send(ctx, l)
		default:
			return
		}
	}
}

func (c *Core) send(ctx context.Context, l letter) {
	if !l.known && l.purpose != account.ForSignUp {
		return // nobody to sign in: we do not write to strangers
	}
	subject, text := l.words()
	err := c.Notify.Send(ctx, notify.Message{
		To: l.to.text, Channel: l.to.channel, Subject: subject, Text: text, Locale: string(l.locale),
	})
	if err != nil {
		c.Log.ErrorContext(ctx, "a code was not sent", "channel", l.to.channel, "purpose", l.purpose, "err", err)
	}
}

func (l letter) words() (subject, text string) {
	minutes := int(account.CodeTTL.Minutes())
	if l.known && l.purpose == account.ForSignUp {
		if l.locale == account.English {
			return "You already have an account", "Somebody tried to sign up at Meadow with this address. You already have an account: please sign in instead. If it was not you, there is nothing to do."
		}
		return "您已有账号", "有人尝试用您的邮箱或手机号注册 Meadow。您已有账号，请直接登录。如非本人操作，请忽略。"
	}
	if l.locale == account.English {
		return "Your code", fmt.Sprintf("%s is your Meadow code. It is good for %d minutes. Do not tell it to anybody, us included.", l.code, minutes)
	}
	return "您的验证码", fmt.Sprintf("您的 Meadow 验证码是 %s，%d 分钟内有效。请勿告诉任何人，包括我们。", l.code, minutes)
}
