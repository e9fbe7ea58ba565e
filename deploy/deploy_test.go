// Package deploy_test holds the files for operators against what the program says and takes.
package deploy_test

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"tactus/internal/app"
	"tactus/internal/app/apptest"
	"tactus/internal/metrics"
	"tactus/internal/store/storetest"
)

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

var figure = regexp.MustCompile(`\btactus_[a-z_]+`)

// Every figure that the dashboard and the alerts ask for is one that the server has.
func TestFiguresExist(t *testing.T) {
	t.Parallel()
	o := apptest.New(t, storetest.Memory(t))
	m := metrics.New(o.DB, o.Clock, "1")
	o.Observe(m)
	o.Wire.Always(apptest.Away)
	o.Assign(o.Plan("plan: A\nsteps:\n  - {name: A, action: send_email, when: immediately, subject: A, body: A}\n"), o.Leads(9)...)
	o.Settle()
	m.Moved(o.ID, 0, 0, os.ErrClosed)
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	has := map[string]bool{}
	for _, name := range figure.FindAllString(w.Body.String(), -1) {
		has[name] = true
	}
	for _, file := range []string{"grafana.json", "alerts.yaml"} {
		asked := figure.FindAllString(read(t, file), -1)
		if len(asked) < 5 {
			t.Errorf("%s asks for %d figures", file, len(asked))
		}
		for _, name := range asked {
			if !has[name] {
				t.Errorf("%s asks for %s", file, name)
			}
		}
	}
	var dashboard struct {
		Panels []struct{ Title string }
	}
	if err := json.Unmarshal([]byte(read(t, "grafana.json")), &dashboard); err != nil || len(dashboard.Panels) == 0 {
		t.Errorf("grafana.json: %d panels, %v", len(dashboard.Panels), err)
	}
	var alerts struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, "alerts.yaml")), &alerts); err != nil || len(alerts.Groups[0].Rules) == 0 {
		t.Errorf("alerts.yaml: %+v, %v", alerts, err)
	}
}

// Every setting that the unit and the container file name exists.
func TestSettingsExist(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, k := range app.Keys() {
		known[k.Env()] = true
	}
	for _, file := range []string{"tactus.service", "Containerfile"} {
		for _, name := range regexp.MustCompile(`\bTACTUS_[A-Z_]+`).FindAllString(read(t, file), -1) {
			if !known[name] {
				t.Errorf("%s sets %s", file, name)
			}
		}
		if text := read(t, file); !strings.Contains(text, "tactus serve") && !strings.Contains(text, `CMD ["serve"]`) {
			t.Errorf("%s does not serve", file)
		}
	}
}

// HOUSE-10: the environment overrides the settings file, so the unit that recommends one sets nothing beside it.
func TestUnitLeavesSettingsToTheirFile(t *testing.T) {
	t.Parallel()
	if set := regexp.MustCompile(`(?m)^Environment=.*TACTUS_.*$`).FindString(read(t, "tactus.service")); set != "" {
		t.Errorf("a settings file cannot change %s", set)
	}
}
