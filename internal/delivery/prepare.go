package delivery

import (
	"context"
	"sync"

	"tactus/internal/channel"
	"tactus/internal/enroll"
)

// prepared is a claimed message and what it was made from.
type prepared struct {
	m     Message
	made  Made
	done  bool
	fresh bool  // its bytes were made here, not handed over before
	rev   int64 // the account's, when they were made
	tried bool  // it may be marked as being handed over, though nobody heard of that
}

// prepare makes the bytes of messages that have none yet, in parallel, before any lock is taken. What was made before an edit of the account is
// made again: until the first hand-over edits apply (PLAN-26).
func (s *Service) prepare(ctx context.Context, l Lane, carrier channel.Carrier, ahead []prepared) error {
	todo, err := s.draft(ctx, l, ahead)
	var under sync.WaitGroup
	for _, p := range todo {
		under.Go(func() { p.compose(carrier) })
	}
	under.Wait()
	return err
}

// draft finds out what messages are made from, and returns those whose bytes are to be composed.
func (s *Service) draft(ctx context.Context, l Lane, ahead []prepared) (compose []*prepared, err error) {
	account, err := s.runs.Account(ctx, l.Account)
	if err != nil {
		return nil, err
	}
	var todo []*prepared
	var messages []Message
	for i := range ahead {
		p := &ahead[i]
		if p.done && !p.stale(account.Rev) {
			continue
		}
		p.unmake()
		todo = append(todo, p)
		messages = append(messages, p.m)
	}
	if len(todo) == 0 {
		return nil, nil
	}
	made, err := s.writer.Drafts(ctx, l.Account, messages)
	if err != nil {
		return nil, err
	}
	for _, p := range todo {
		p.made, p.done, p.rev = made[p.m.ID], true, account.Rev
		if p.m.Body == nil && p.made.Skip == "" && p.made.Fail == "" && p.made.Hold == "" {
			compose = append(compose, p)
		}
	}
	return compose, nil
}

// unmake forgets what was made here; bytes that were handed over before stay for ever.
func (p *prepared) unmake() {
	if p.fresh {
		p.m.Body = nil
	}
	p.made, p.done, p.fresh = Made{}, false, false
}

// senders tells of messages that are only put off whose limits they count against, without making them.
func (s *Service) senders(ctx context.Context, l Lane, ahead []prepared) error {
	var messages []Message
	for i := range ahead {
		if p := &ahead[i]; !p.done && p.made.Sender == "" {
			messages = append(messages, p.m)
		}
	}
	if len(messages) == 0 {
		return nil
	}
	senders, err := s.writer.Senders(ctx, l.Account, messages)
	if err != nil {
		return err
	}
	for i := range ahead {
		if sender, ok := senders[ahead[i].m.ID]; ok {
			ahead[i].made.Sender = sender
		}
	}
	return nil
}

// stale reports whether the message was made from what an edit has changed since.
func (p *prepared) stale(rev int64) bool {
	return p.renewable() && p.rev != rev
}

// outdated reports whether the message shows its contact or its run as it was before a change.
func (p *prepared) outdated(now enroll.Shown) bool { return p.renewable() && p.made.Shown != now }

// renewable reports whether the message was made and may be made again: it has never been handed over.
func (p *prepared) renewable() bool { return p.done && (p.fresh || p.m.Body == nil) }

// compose makes the bytes. A message that the program dies of takes nobody down with it: it cannot be made (ENG-8).
func (p *prepared) compose(carrier channel.Carrier) {
	var body channel.Composed
	err := alive(func() (err error) {
		body, err = carrier.Compose(p.made.Draft)
		return err
	})
	if err != nil {
		p.made.Fail, p.made.Detail = "bad_content", err.Error()
		return
	}
	p.m.Body, p.fresh = &body, true
}
