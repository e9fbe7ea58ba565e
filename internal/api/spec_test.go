package api_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// API-1: the description is made from the code, and says everything of every operation.
func TestDescription(t *testing.T) {
	t.Parallel()
	d := spec(t)
	if d.OpenAPI != "3.1.0" {
		t.Errorf("OpenAPI %s", d.OpenAPI)
	}
	ids := map[string]bool{}
	n := 0
	for path, methods := range d.Paths {
		for method, o := range methods {
			n++
			if o.OperationID == "" || ids[o.OperationID] || o.Summary == "" || len(o.Tags) != 1 {
				t.Errorf("%s %s: %+v", method, path, o)
			}
			ids[o.OperationID] = true
			if problem := string(o.Responses["default"]); !strings.Contains(problem, "application/problem+json") {
				t.Errorf("%s %s: no problem is described: %s", method, path, problem)
			}
			success := 0
			for code := range o.Responses {
				if strings.HasPrefix(code, "2") {
					success++
				}
			}
			if success != 1 {
				t.Errorf("%s %s: %d successes are described", method, path, success)
			}
			key := false
			for _, p := range o.Parameters {
				key = key || p.Name == "Idempotency-Key"
			}
			if key != (method == "post") {
				t.Errorf("%s %s: Idempotency-Key described: %v", method, path, key)
			}
		}
	}
	if n < 90 {
		t.Errorf("only %d operations", n)
	}
	for _, gone := range []string{"ErrorModel", "ErrorDetail"} {
		if d.Components.Schemas[gone] != nil {
			t.Errorf("%s is described", gone)
		}
	}
	for _, there := range []string{"Problem", "Contact", "Plan", "Enrollment", "Operation", "Task", "Event", "Template", "Message", "Settings"} {
		if d.Components.Schemas[there] == nil {
			t.Errorf("%s is not described", there)
		}
	}
}

// The readable page needs nothing from elsewhere and no scripts; the description is served in both forms, without a key.
func TestDocsPage(t *testing.T) {
	t.Parallel()
	k := sqliteKit(t)
	read := func(path string) (string, http.Header) {
		resp := k.raw(http.MethodGet, path, "", "Authorization", "")
		if resp.status != http.StatusOK {
			t.Fatalf("%s: %d %s", path, resp.status, resp.body)
		}
		return resp.body, resp.header
	}
	page, h := read("/api/docs")
	if strings.Contains(page, "<script") || regexp.MustCompile(`(src|href)="(https?:)?//`).MatchString(page) {
		t.Error("the page has scripts, or needs something from elsewhere")
	}
	if csp := h.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'") {
		t.Errorf("policy %q", csp)
	}
	for _, want := range []string{"/api/v1/plans/{id}/assign", "schema-Contact", "Idempotency-Key"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, m := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(page, `id="`+m[1]+`"`) {
			t.Errorf("a link leads nowhere: #%s", m[1])
		}
	}
	if text, _ := read("/api/v1/openapi.json"); !strings.HasPrefix(text, "{") {
		t.Error("openapi.json is no JSON")
	}
	if text, _ := read("/api/v1/openapi.yaml"); !strings.Contains(text, "openapi: 3.1.0") {
		t.Error("openapi.yaml is no YAML")
	}
	for _, path := range []string{"/api/v1/health", "/health", "/healthz"} {
		if text, _ := read(path); !strings.Contains(text, `"status":"ok"`) || !strings.Contains(text, "SQLite") {
			t.Errorf("%s: %s", path, text)
		}
	}
}
