package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"tactus/internal/fault"
)

// pagesRate is how many requests a second each list gets.
const pagesRate = 50

// pagesReach is how many milliseconds a list may take; one whose very first request takes longer is named.
const pagesReach = 50

// view is one list or count as somebody asks for it.
type view struct {
	name, path string
}

// views are the lists and counts of the API, with the filters that people use; and the far end of those that have one.
func views(planID, contact, enrollment string) []view {
	all := []view{
		{"contacts", "/contacts?limit=50"},
		{"contacts by name", "/contacts?limit=50&order=name"},
		{"contacts of a tag", "/contacts?limit=50&tag=" + audience},
		{"contacts of a stage", "/contacts?limit=50&stage=New"},
		{"contacts of a rare tag", "/contacts?limit=50&tag=" + rare},
		{"contacts on a plan", "/contacts?limit=50&plan=" + planID + "&plan_status=active"},
		{"contacts found by name", "/contacts?limit=50&q=pat777777"},
		{"contacts found by address", "/contacts?limit=50&q=p777777@bench.example"},
		{"contacts that nobody is", "/contacts?limit=50&q=nobody+at+all"},
		{"count of contacts", "/contacts/count"},
		{"count of a tag", "/contacts/count?tag=" + audience},
		{"count of a rare tag", "/contacts/count?tag=" + rare},
		{"count on a plan", "/contacts/count?plan=" + planID + "&plan_status=active"},
		{"contact", "/contacts/" + contact},
		{"contact's timeline", "/contacts/" + contact + "/timeline?limit=50"},
		{"contact's enrollments", "/contacts/" + contact + "/enrollments"},
		{"contact's messages", "/messages?limit=50&contact=" + contact},
		{"plans", "/plans?limit=100"},
		{"plans found by name", "/plans?limit=50&q=777"},
		{"plan", "/plans/" + planID},
		{"plan's contacts", "/plans/" + planID + "/enrollments?limit=50"},
		{"plan's active contacts", "/plans/" + planID + "/enrollments?limit=50&status=active"},
		{"plan's stopped contacts", "/plans/" + planID + "/enrollments?limit=50&status=stopped"},
		{"plan's history", "/plans/" + planID + "/history?limit=50"},
		{"enrollment", "/enrollments/" + enrollment},
		{"enrollment's history", "/enrollments/" + enrollment + "/history?limit=50"},
		{"messages", "/messages?limit=50"},
		{"messages in doubt", "/messages?limit=50&status=uncertain"},
		{"messages of a plan", "/messages?limit=50&plan=" + planID},
		{"tasks", "/tasks?limit=50"},
		{"tasks that are due", "/tasks?limit=50&status=open&due_to=" + time.Now().UTC().Format(time.RFC3339)},
		{"events", "/events?limit=50"},
		{"operations", "/operations?limit=50"},
	}
	for _, name := range []string{"tags", "stages", "groups", "sources", "users", "partners", "templates", "settings", "carriers", "health"} {
		all = append(all, view{name, "/" + name})
	}
	return all
}

// pages measures every list and count of the API beside many contacts, plans, enrollments and lines of history.
func pages(ctx context.Context, s *session) (Result, error) {
	fixture, err := s.archive(ctx)
	if err != nil {
		return Result{}, err
	}
	var res Result
	err = s.on(ctx, fixture, func(r *raw) error {
		if res, err = s.pages(ctx, r); err != nil {
			return err
		}
		for _, t := range []string{"contact", "plan", "enrollment", "history", "message", "task"} {
			n, err := r.number(ctx, "SELECT COUNT(*) FROM "+t)
			if err != nil {
				return err
			}
			res.more("rows_of_"+t, float64(n))
		}
		return nil
	})
	if err != nil {
		return res, err
	}
	res.Notes = append(res.Notes, fmt.Sprintf("the slowest list; %d requests a second to each", pagesRate))
	return s.noted(ctx, res)
}

func (s *session) pages(ctx context.Context, r *raw) (res Result, err error) {
	planID, err := r.number(ctx, "SELECT MIN(id) FROM plan WHERE name = 'Bench members'")
	if err != nil {
		return res, err
	}
	c, err := s.child(ctx, r.address)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, c.stop()) }()
	keys, err := c.keys(ctx, 8, "read") // enough that none is over its limit
	if err != nil {
		return res, err
	}
	middle := itoa(int64(s.Members/2 + 1))
	res.Unit = "ms"
	for _, v := range views(itoa(planID), middle, middle) {
		s.progress.say("%s", v.name)
		for _, at := range []struct{ name, path string }{{v.name, v.path}, {v.name + ", further on", ""}} {
			if at.path == "" {
				if at.path, err = c.further(ctx, keys[0], v.path); err != nil {
					return res, err
				}
				if at.path == "" {
					break // it has one page
				}
			}
			began := time.Now()
			if _, err := c.fetch(ctx, keys[0], at.path); err != nil {
				return res, err
			}
			if first := ms(time.Since(began)); first > pagesReach {
				res.more(at.name+": first_ms", first)
			}
			took, err := c.ask(ctx, keys, at.path, s.N)
			if err != nil {
				return res, err
			}
			p50, p99 := ms(quantile(took, 0.5)), ms(quantile(took, 0.99))
			res.more(at.name+": p99_ms", p99)
			if p99 > res.P99 {
				res.P50, res.P99, res.Ours = p50, p99, p99
			}
		}
	}
	return res, nil
}

// further is the list from some pages on; "" when it is not that long.
func (c *child) further(ctx context.Context, key, path string) (string, error) {
	at := path
	for range 20 {
		body, err := c.fetch(ctx, key, at)
		if err != nil {
			return "", err
		}
		next := cursorOf(body)
		if next == "" {
			return "", nil
		}
		u, err := url.Parse(path)
		if err != nil {
			return "", err
		}
		q := u.Query()
		q.Set("cursor", next)
		u.RawQuery = q.Encode()
		at = u.String()
	}
	return at, nil
}

// cursorOf is where a list goes on; "" at its end.
func cursorOf(body []byte) string {
	var page struct {
		Next string `json:"next"`
	}
	_ = json.Unmarshal(body, &page) // what is no list has none
	return page.Next
}

// ask asks for a list n times at the bench's rate, whether or not the answers before have come. The time of a request begins when its turn is.
func (c *child) ask(ctx context.Context, keys []string, path string, n int) ([]time.Duration, error) {
	took, errs := make([]time.Duration, n), make([]error, n)
	var group sync.WaitGroup
	start := time.Now()
	for i := range n {
		at := start.Add(time.Duration(i) * time.Second / pagesRate)
		if err := rest(ctx, time.Until(at)); err != nil {
			return nil, err
		}
		group.Go(func() {
			_, errs[i] = c.fetch(ctx, keys[i%len(keys)], path)
			took[i] = time.Since(at)
		})
	}
	group.Wait()
	slices.Sort(took)
	return took, errors.Join(errs...)
}

func (c *child) fetch(ctx context.Context, key, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+"/api/v1"+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+key)
	answer, err := pageReader.Do(req)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fault.New(fault.Internal, "%s answers %s: %.200s", path, answer.Status, body)
	}
	return body, err
}

// pageReader keeps its connections, as browsers and programs do.
var pageReader = &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
