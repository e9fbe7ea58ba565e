package bench

import "context"

// beside runs our side and then its yardstick, each on a fresh copy of the fixture, as often as the session says. The yardstick writes what the
// sample of our side holds, and must leave as many rows; the last sample comes back.
func (s *session) beside(ctx context.Context, fixture string, ours func(ctx context.Context, r *raw, run int) (span, error),
	yardstick func(s *sample, ctx context.Context, r *raw) error,
) (p pairs, done sample, err error) {
	for run := range s.Runs {
		err := s.on(ctx, fixture, func(r *raw) error {
			before, err := r.bounds(ctx)
			if err != nil {
				return err
			}
			took, err := ours(ctx, r, run)
			if err != nil {
				return err
			}
			p.ours = append(p.ours, took)
			done, err = r.sample(ctx, before)
			return err
		})
		if err != nil {
			return p, done, err
		}
		err = s.on(ctx, fixture, func(r *raw) error {
			s.progress.say("yardstick, run %d of %d", run+1, s.Runs)
			took, err := s.timed(func() error { return yardstick(&done, ctx, r) })
			if err != nil {
				return err
			}
			p.yard = append(p.yard, took)
			return done.same(ctx, r)
		})
		if err != nil {
			return p, done, err
		}
	}
	return p, done, nil
}
