package mixin

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Dashboard is a page of panels.
type Dashboard struct {
	UID, Title string
	Panels     []Panel
}

// Panel is a picture of some queries over time.
type Panel struct {
	Title, Unit string // Unit is Grafana's
	Queries     []Query
}

// Query is a query of Prometheus's, and how its series are named.
type Query struct{ Expr, Legend string }

// Two panels stand in a row of Grafana's grid, which is 24 wide.
const (
	perRow      = 2
	panelWidth  = 24 / perRow
	panelHeight = 8
)

// The parts of Grafana's own form that are used.
type (
	grafana struct {
		UID           string    `json:"uid"`
		Title         string    `json:"title"`
		Tags          []string  `json:"tags"`
		SchemaVersion int       `json:"schemaVersion"`
		Editable      bool      `json:"editable"`
		Refresh       string    `json:"refresh"`
		Time          span      `json:"time"`
		Templating    variables `json:"templating"`
		Panels        []panel   `json:"panels"`
	}
	span struct {
		From string `json:"from"`
		To   string `json:"to"`
	}
	variables struct {
		List []variable `json:"list"`
	}
	variable struct {
		Name  string `json:"name"`
		Label string `json:"label"`
		Type  string `json:"type"`
		Query string `json:"query"`
	}
	panel struct {
		ID          int        `json:"id"`
		Type        string     `json:"type"`
		Title       string     `json:"title"`
		Datasource  datasource `json:"datasource"`
		GridPos     place      `json:"gridPos"`
		FieldConfig fields     `json:"fieldConfig"`
		Targets     []target   `json:"targets"`
	}
	datasource struct {
		Type string `json:"type"`
		UID  string `json:"uid"`
	}
	place struct {
		H int `json:"h"`
		W int `json:"w"`
		X int `json:"x"`
		Y int `json:"y"`
	}
	fields struct {
		Defaults struct {
			Unit string `json:"unit"`
			Min  int    `json:"min"`
		} `json:"defaults"`
	}
	target struct {
		RefID        string `json:"refId"`
		Expr         string `json:"expr"`
		LegendFormat string `json:"legendFormat"`
	}
)

// grafanaSchema is the version of the form, Grafana 10's.
const grafanaSchema = 39

// JSON is the dashboard as Grafana imports it; the source of data is chosen there.
func (d Dashboard) JSON() ([]byte, error) {
	source := datasource{Type: "prometheus", UID: "${source}"}
	g := grafana{
		UID: d.UID, Title: d.Title, Tags: []string{"ayni"}, SchemaVersion: grafanaSchema, Refresh: "30s",
		Time:       span{From: "now-3h", To: "now"},
		Templating: variables{List: []variable{{Name: "source", Label: "Prometheus", Type: "datasource", Query: "prometheus"}}},
	}
	for i, p := range d.Panels {
		shown := panel{
			ID: i + 1, Type: "timeseries", Title: p.Title, Datasource: source,
			GridPos: place{H: panelHeight, W: panelWidth, X: i % perRow * panelWidth, Y: i / perRow * panelHeight},
		}
		shown.FieldConfig.Defaults.Unit = p.Unit
		for j, q := range p.Queries {
			shown.Targets = append(shown.Targets, target{RefID: string(rune('A' + j)), Expr: q.Expr, LegendFormat: q.Legend})
		}
		g.Panels = append(g.Panels, shown)
	}
	var b strings.Builder
	err := json.MarshalWrite(&b, g, jsontext.WithIndent("  "))
	return []byte(b.String() + "\n"), err
}
