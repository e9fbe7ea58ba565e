package serve

import (
	"context"
	"time"

	"tactus/internal/clock"
	"tactus/internal/fault"
	"tactus/internal/store"
)

// watchSchema ends the server when a newer program has begun to change the database such that this one would work on wrong
// assumptions (ENG-15). That one waits until this one has left; a message of its own tells at once, the minute is the safety net.
func (s *Server) watchSchema(ctx context.Context) error {
	changed, cancel := s.DB.Subscribe(store.TopicSchema)
	defer cancel()
	for tick := (clock.Real{}); ; {
		if _, err := s.DB.SchemaState(ctx); fault.Is(err, fault.Conflict) {
			return err
		} else if err != nil && ctx.Err() == nil {
			s.log.Error("the schema cannot be looked at", "error", err)
		}
		if err := tick.Wait(ctx, tick.Now().Add(time.Minute), changed); err != nil {
			return ctx.Err()
		}
	}
}
