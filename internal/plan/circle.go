package plan

import (
	"fmt"
	"strings"
	"time"
)

// leastCircle is the wait that a circle needs (PLAN-14).
const leastCircle = time.Hour

// maxCircles bounds what is reported and searched in a tangle of plans.
const (
	maxCircles  = 100
	maxSearched = 100_000
)

// node is one plan in the graph of what starts what.
type node struct {
	file  int // index of its file; -1 = a plan of the account
	doc   *Document
	waits waits
	edges []edge
}

// edge says that a plan puts the contact on another.
type edge struct {
	to   int
	wait time.Duration
	path string // the key that does it
}

// circles reports plans that put a contact round and round without a wait. A circle of several plans can go round only as fast as
// each of them completes, because assigning a plan that is live changes nothing (PLAN-5); a plan that an automatic
// start doesn't start again, or only after days, breaks it.
func (c *checker) circles() {
	nodes, index := c.graph()
	for i := range nodes {
		n := &nodes[i]
		c.ownCircles(n)
		if n.waits.complete >= leastCircle {
			continue
		}
		add := func(name, path string, wait time.Duration) {
			if to, ok := index[name]; ok && to != i && wait < leastCircle && startsAgain(nodes[to].doc) && nodes[to].waits.complete < leastCircle {
				n.edges = append(n.edges, edge{to, wait, path})
			}
		}
		for _, ref := range assigns(n.doc, c.actionsOf(n)) {
			add(ref.Name, ref.Field, n.waits.steps[stepOf(ref.Field)-1])
		}
		add(n.doc.NextPlan, "next_plan", n.waits.complete)
	}
	s := &search{checker: c, nodes: nodes, seen: map[string]bool{}}
	for i := range nodes {
		s.from(i)
	}
}

func (c *checker) graph() ([]node, map[string]int) {
	var nodes []node
	index := map[string]int{}
	add := func(file int, d *Document, actions Actions, doubtful map[int]bool) {
		if _, double := index[d.Name]; !double && d.Name != "" {
			index[d.Name] = len(nodes)
			nodes = append(nodes, node{file: file, doc: d, waits: leastWaits(d, actions, doubtful)})
		}
	}
	for i, f := range c.files {
		if f.Document != nil {
			add(i, f.Document, f.actions, f.doubtful)
		}
	}
	if len(c.files) > 0 {
		for _, d := range c.known.Documents {
			add(-1, d, c.files[0].actions, nil)
		}
	}
	return nodes, index
}

func (c *checker) actionsOf(n *node) Actions { return c.files[max(n.file, 0)].actions }

// startsAgain reports whether an automatic start puts a contact on the plan again within the hour after it was finished.
func startsAgain(d *Document) bool {
	return d.Again.Mode == AgainDefault || d.Again.Mode == AgainFinished
}

// ownCircles reports what a plan does to itself: a repeat, a next plan, an assignment.
func (c *checker) ownCircles(n *node) {
	if n.file < 0 {
		return
	}
	actions, name := c.actionsOf(n), n.doc.Name
	for i, s := range n.doc.Steps {
		if s.Action != "" && actions.Role(s.Action).Repeats && rounds(s.Config) != 1 && n.waits.steps[i] < leastCircle {
			c.circle(n.file, fmt.Sprintf("steps[%d]", i), i+1, []string{name, name}, n.waits.steps[i])
		}
	}
	for _, ref := range assigns(n.doc, actions) {
		// With a wait it is no circle, and does nothing: the contact is on the plan already (PLAN-5).
		if step := stepOf(ref.Field); ref.Name == name && n.waits.steps[step-1] < leastCircle {
			c.add(n.file, step, fmt.Sprintf("steps[%d]", step-1), Circle, fmt.Sprintf(
				"the circle %s → %s: the plan assigns itself, which changes nothing while a contact is on it; use repeat_plan to begin again", name, name))
		}
	}
	if n.doc.NextPlan == name && startsAgain(n.doc) && n.waits.complete < leastCircle {
		c.circle(n.file, "next_plan", 0, []string{name, name}, n.waits.complete)
	}
}

func (c *checker) circle(file int, path string, step int, names []string, wait time.Duration) {
	c.add(file, step, path, Circle, fmt.Sprintf("the circle %s can go round %s; let it wait at least an hour",
		strings.Join(names, " → "), inTime(wait)))
}

func inTime(wait time.Duration) string {
	if wait == 0 {
		return "without any wait"
	}
	return fmt.Sprintf("in %d minutes", int(wait.Minutes()))
}

// search walks the graph for circles of two and more plans.
type search struct {
	*checker
	nodes    []node
	start    int
	path     []edge
	onPath   map[int]bool
	seen     map[string]bool // the plans of the circles found
	searched int
}

// from finds the circles whose first plan, in the order of the files, is start.
func (s *search) from(start int) {
	s.start, s.path, s.onPath = start, nil, map[int]bool{start: true}
	s.walk(start, 0)
}

func (s *search) walk(at int, wait time.Duration) {
	for _, e := range s.nodes[at].edges {
		if s.searched++; s.searched > maxSearched || len(s.seen) >= maxCircles {
			return
		}
		total := wait + e.wait
		switch {
		case total >= leastCircle || e.to < s.start:
		case e.to == s.start:
			s.report(append(s.path, e), total)
		case !s.onPath[e.to]:
			s.path, s.onPath[e.to] = append(s.path, e), true
			s.walk(e.to, total)
			s.path, s.onPath[e.to] = s.path[:len(s.path)-1], false
		}
	}
}

// report names a circle once, in the first file that takes part.
func (s *search) report(path []edge, wait time.Duration) {
	plans := []int{s.start}
	for _, e := range path {
		plans = append(plans, e.to)
	}
	key := fmt.Sprint(plans)
	first := s.nodes[s.start]
	if s.seen[key] || first.file < 0 {
		return
	}
	s.seen[key] = true
	names := make([]string, len(plans))
	for i, p := range plans {
		names[i] = s.nodes[p].doc.Name
		if s.nodes[p].waits.complete > wait {
			wait = s.nodes[p].waits.complete
		}
	}
	at := path[0].path
	step := stepOf(at)
	if step > 0 {
		at = fmt.Sprintf("steps[%d]", step-1)
	}
	s.circle(first.file, at, step, names, wait)
}
