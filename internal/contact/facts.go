package contact

// Facts are what an enrollment's next move may depend on, as it stands at the moment: a small
// value that the engine loads for a batch of contacts in a few statements. Contacts with equal facts are one
// case for Advance (DEC-5), so nothing that is unique to a contact stands here.
type Facts struct {
	Zone     string   // IANA name of the zone in effect (given, else the address's, else the account's)
	Stage    int64    // 0 = none
	Assigned int64    // the assigned user, 0 = none
	Tags     TagSet   // only tags that the batch's versions name
	Full     *Contact // everything, where conditions or content need it; nil otherwise
}

// TagSet is a set of tag ids.
type TagSet map[int64]struct{}

// Has reports whether the set holds the tag.
func (s TagSet) Has(id int64) bool { _, ok := s[id]; return ok }
