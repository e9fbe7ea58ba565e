package enroll

import "time"

// Relocate is an account that lives by another zone from now on: what its clocks say of the run is derived anew (PLAN-8).
type Relocate struct {
	Date    *time.Time // the run's date as the new clock has it (PLAN-6); nil = it stays where it is
	Handing bool
}

func (ev Relocate) apply(a *advance) error {
	st := a.st()
	if !a.After.Status.Live() {
		return nil
	}
	if ev.Date != nil {
		if err := (Redate{Date: *ev.Date, Handing: ev.Handing}).apply(a); err != nil {
			return err
		}
	}
	if st.Next != 0 {
		st.Next = a.dayAfterDate() // also of an event whose moment is the same: its day ends at another one (PLAN-11)
	}
	a.retimedHand(ev.Handing)
	return Rezone{}.apply(a) // also of contacts with a zone of their own: their waits may be for hours of the account
}
