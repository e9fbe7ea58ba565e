package importer

import "tactus/internal/contact"

// What black-box tests look at from the inside.
var (
	Guard   = guard
	Unguard = unguard
	Items   = items
	Joined  = joined
)

// Leads are what the sample's rows become; nil = refused.
func Leads(s *Survey, p Params, f Facts) []*contact.Lead {
	c := newConverter(p, f, s.dayOrders(p, f.Country))
	var out []*contact.Lead
	for _, r := range s.Sample {
		e := c.convert(r)
		if len(e.problems) > 0 {
			out = append(out, nil)
			continue
		}
		out = append(out, &e.lead)
	}
	return out
}
