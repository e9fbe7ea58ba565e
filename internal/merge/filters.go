package merge

// filterFunc computes a filter. in and args are as they were evaluated; the result is fresh or shared, never changed.
type filterFunc func(st *state, in any, args []any) any

// filterSpec is a filter's name and how many values it takes.
type filterSpec struct {
	name     string
	min, max int
	fn       filterFunc
}

func filterTables() [][]filterSpec {
	return [][]filterSpec{stringFilters(), textFilters(), mathFilters(), arrayFilters(), dateFilters()}
}

func filterNamed(name string) (filterSpec, bool) {
	for _, table := range filterTables() {
		for _, spec := range table {
			if spec.name == name {
				return spec, true
			}
		}
	}
	return filterSpec{}, false
}

func filterNames() []string {
	var names []string
	for _, table := range filterTables() {
		for _, spec := range table {
			names = append(names, spec.name)
		}
	}
	return names
}

// made counts a string that a filter made and passes it on.
func (st *state) made(s string) any {
	st.grow(len(s))
	return s
}

// arg is the i-th argument, nil when it wasn't given.
func arg(args []any, i int) any {
	if i < len(args) {
		return args[i]
	}
	return nil
}

// textArg is the i-th argument as text, or missing when it wasn't given.
func (st *state) textArg(args []any, i int, missing string) string {
	if i < len(args) {
		return st.text(args[i])
	}
	return missing
}
