package charter

import (
	"go.yaml.in/yaml/v3"

	"github.com/ayni-switch/ayni/fx"
)

// isAmount tells whether a name in YAML is one of an amount.
func isAmount(name string) bool {
	switch name {
	case "up_to", "max", "amount", "base", "per_vouch", "per_year", "max_owe", "max_hold":
		return true
	default:
		return false
	}
}

// purse knows in which unit the amounts of a document are.
type purse struct {
	own   fx.Currency            // the pool's own money
	funds map[string]fx.Currency // by name; of two with one name, the first
}

func purseOf(root *yaml.Node) purse {
	p := purse{funds: map[string]fx.Currency{}}
	if units := child(root, "units"); units != nil && len(units.Content) > 0 {
		p.own = currency(child(units.Content[0], "unit"))
	}
	if funds := child(root, "funds"); funds != nil {
		for _, f := range funds.Content {
			name := child(f, "name")
			if name == nil {
				continue
			}
			if _, known := p.funds[name.Value]; !known {
				p.funds[name.Value] = currency(child(f, "unit"))
			}
		}
	}
	return p
}

// unitOf is the unit of the amounts in a mapping: the one that it names, its fund's, or that of what is around it.
func (p purse) unitOf(mapping *yaml.Node, around fx.Currency) fx.Currency {
	if unit := child(mapping, "unit"); unit != nil {
		return currency(unit)
	}
	if fund := child(mapping, "fund"); fund != nil {
		return p.funds[fund.Value]
	}
	return around
}

// currency reads a scalar, as no currency where it names none.
func currency(n *yaml.Node) fx.Currency {
	if n == nil || n.Kind != yaml.ScalarNode {
		return fx.Currency{}
	}
	c, _ := fx.ParseCurrency(n.Value)
	return c
}

// child finds what has a name in a mapping, nil where nothing has or it is no mapping.
func child(n *yaml.Node, name string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1]
		}
	}
	return nil
}
