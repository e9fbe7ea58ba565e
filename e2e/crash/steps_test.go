package crash_test

import "tactus/client"

// steps: each step of each run has one end, which its message agrees with; nothing is missing when the run is over (ENG-2, PLAN-18).
func (v *verdict) steps() {
	for s, ends := range v.ends {
		if len(ends) > 1 {
			v.fault("%d ends of one step %+v: %+v", len(ends), s, ends)
		}
	}
	runs := map[client.ID]map[int]bool{}
	for s := range v.ends {
		if runs[s.enrollment] == nil {
			runs[s.enrollment] = map[int]bool{}
		}
		runs[s.enrollment][s.run] = true
	}
	for id, e := range v.enrollments {
		if e.Status == "active" || e.Status == "paused" {
			v.fault("it never came to its end: %+v", e)
			continue
		}
		mail, all := emails(v.versions[e.Plan][e.Version])
		for _, s := range all {
			v.ended(step{id, e.Run, e.Round, s}, mail[s], e)
		}
		for run := range e.Run - 1 {
			for s, isMail := range base(v.names[e.Plan]) {
				v.ended(step{id, run + 1, 1, client.ID(s)}, isMail, e)
			}
		}
	}
	v.agreed()
}

// ended holds one step that must have come to its end.
func (v *verdict) ended(s step, isMail bool, e client.Enrollment) {
	ends := v.ends[s]
	if len(ends) == 0 {
		v.lost("no outcome of %+v of %+v", s, e)
		return
	}
	end := ends[0]
	if end.Outcome != "fired" && end.Reason == "" {
		v.fault("it does not say why: %+v", end)
	}
	m, has := v.rows[s]
	if isMail && end.Outcome == "fired" && (!has || m.Status != "accepted" && m.Status != "uncertain") {
		v.lost("it has fired, and no message left: %+v, %+v", end, m)
	}
}

// agreed: the message of a step and the step's outcome tell the same story.
func (v *verdict) agreed() {
	want := map[string]string{"accepted": "fired", "uncertain": "fired", "refused": "failed", "failed": "failed", "skipped": "skipped", "withdrawn": "skipped"}
	for s, m := range v.rows {
		ends := v.ends[s]
		_, there := v.enrollments[s.enrollment]
		if len(ends) == 0 && !there { // taken off the plan: only what happened before is on record
			continue
		}
		if len(ends) == 0 || ends[0].Outcome != want[m.Status] && (m.Status != "withdrawn" || ends[0].Outcome != "failed") {
			v.fault("the step and its message do not agree: %+v, %+v", ends, m)
		}
	}
}

// notes: what a step did to the contact happened once with it (ENG-2).
func (v *verdict) notes() {
	made := map[step]int{}
	for _, e := range v.history {
		if e.Kind == "note" {
			made[step{e.Enrollment, e.Run, e.Round, client.ID(e.Step)}]++
		}
	}
	for s, ends := range v.ends {
		isNote := s.step == "note" || s.step == "last" || s.step == "later" || s.step == "stage"
		if isNote && ends[0].Outcome == "fired" && made[s] != 1 {
			v.fault("%d notes of %+v", made[s], s)
		}
		delete(made, s)
	}
	for s, n := range made {
		v.fault("%d notes of a step without an end: %+v", n, s)
	}
}

// counters: the plan list counts what is there (DEC-11, PLAN-19).
func (v *verdict) counters() {
	for _, p := range v.plans {
		var real client.Counts
		for _, e := range v.enrollments {
			if e.Plan != p.ID {
				continue
			}
			switch e.Status {
			case "active":
				real.Active++
			case "paused":
				real.Paused++
			case "stopped":
				real.Stopped++
			case "completed":
				real.Completed++
			}
		}
		if real != p.Counts {
			v.fault("%s counts %+v, and there are %+v", p.Name, p.Counts, real)
		}
	}
}

// people: each address that was taken in is one contact, on the plan of its source once (CON-3, PLAN-5).
func (v *verdict) people() {
	byAddress := map[string]client.ID{}
	for _, c := range v.contacts {
		for _, e := range c.Emails {
			if other, twice := byAddress[e.Address]; twice {
				v.fault("%s is two contacts: %s and %s", e.Address, other, c.ID)
			}
			byAddress[e.Address] = c.ID
		}
	}
	on := map[[2]client.ID]int{}
	for _, e := range v.enrollments {
		on[[2]client.ID{e.Plan, e.Contact}]++
	}
	for pair, n := range on {
		if n > 1 {
			v.fault("contact %s is on plan %s %d times", pair[1], v.names[pair[0]], n)
		}
	}
	begun := map[client.ID]bool{}
	for _, e := range v.history {
		if v.names[e.Plan] == "Lead" {
			begun[e.Contact] = true
		}
	}
	for address, id := range v.c.j.leads {
		if byAddress[address] != id {
			v.lost("the lead %s was taken in as contact %s and is now %q", address, id, byAddress[address])
		}
		if !begun[id] {
			v.lost("the lead %s never was on its plan", address)
		}
	}
}

// bulk: operations came to their end and counted what they did (ENG-11).
func (v *verdict) bulk() {
	started := int64(0)
	for _, op := range v.operations {
		switch {
		case op.Status == "draft":
			continue // an upload whose answer was lost
		case op.Status != "done":
			v.fault("the operation is %s: %+v", op.Status, op)
		}
		told := int64(0)
		for name, n := range op.Counts {
			if name != "handing" && name != "duplicates_in_file" && name != "possible_duplicates" {
				told += n
			}
		}
		switch op.Kind {
		case "import":
			if rows := v.c.j.imports[op.ID]; int64(rows) != op.Total || op.Counts["created"] != int64(rows) || told != op.Done {
				v.fault("an import of %d rows: %+v", rows, op)
			}
		case "edit_plan", "archive_plan":
		default:
			if told != op.Done {
				v.fault("it did %d and counted %d: %+v", op.Done, told, op)
			}
		}
		if v.c.j.pools[op.ID] {
			started += op.Counts["started"]
		}
	}
	pool := int64(0)
	for _, e := range v.enrollments {
		if v.names[e.Plan] == "Pool" {
			pool++
		}
	}
	if started != pool {
		v.fault("operations put %d on Pool, and %d are on it", started, pool)
	}
}
