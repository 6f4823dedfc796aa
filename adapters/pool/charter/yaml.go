package charter

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v3"

	"github.com/ayni-switch/ayni/fx"
)

// YAML writes the charter for people, with comments; Parse reads it again. It fails on amounts whose unit is not
// known, and on texts that are not UTF-8.
func (c *Charter) YAML() ([]byte, error) {
	root, err := c.tree()
	if err != nil {
		return nil, fmt.Errorf("charter %s: YAML: %w", c.Pool, err)
	}
	for i := 0; i < len(root.Content); i += 2 {
		if text := comment(root.Content[i].Value); text != "" {
			root.Content[i].HeadComment = "\n" + text
		}
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(root); err != nil {
		return nil, fmt.Errorf("charter %s: YAML: %w", c.Pool, err)
	}
	return bytes.TrimLeft(out.Bytes(), "\n"), nil
}

// tree is the charter as YAML has it, in the order of the types' fields.
func (c *Charter) tree() (*yaml.Node, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	root, err := treeOf(jsontext.NewDecoder(bytes.NewReader(text)))
	if err != nil {
		return nil, err
	}
	p := purseOf(root)
	return root, p.decimals(root, p.own)
}

// treeOf reads one value of JSON.
func treeOf(in *jsontext.Decoder) (*yaml.Node, error) {
	token, err := in.ReadToken()
	if err != nil {
		return nil, err
	}
	n := &yaml.Node{}
	switch token.Kind() {
	case '{':
		n.Kind = yaml.MappingNode
	case '[':
		n.Kind = yaml.SequenceNode
	case '"':
		text := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: token.String()}
		if strings.Contains(text.Value, "\n") {
			text.Style = yaml.DoubleQuotedStyle // a block's last line is YAML's own
		}
		return text, nil
	default: // numbers and booleans
		return &yaml.Node{Kind: yaml.ScalarNode, Value: token.String()}, nil
	}
	scalars := true
	for in.PeekKind() != '}' && in.PeekKind() != ']' {
		item, err := treeOf(in)
		if err != nil {
			return nil, err
		}
		scalars = scalars && item.Kind == yaml.ScalarNode
		n.Content = append(n.Content, item)
	}
	if n.Kind == yaml.SequenceNode && scalars {
		n.Style = yaml.FlowStyle
	}
	_, err = in.ReadToken()
	return n, err
}

// decimals turns minor units into amounts.
func (p purse) decimals(n *yaml.Node, unit fx.Currency) error {
	if n.Kind == yaml.MappingNode {
		unit = p.unitOf(n, unit)
	}
	for i, item := range n.Content {
		if err := p.decimals(item, unit); err != nil {
			return err
		}
		name, minor := strings.CutSuffix(item.Value, minorSuffix)
		if n.Kind != yaml.MappingNode || i%2 == 1 || !minor {
			continue
		}
		if unit.IsZero() {
			return fmt.Errorf("the unit of %s is not known", name)
		}
		var amount int64
		if _, err := fmt.Sscan(n.Content[i+1].Value, &amount); err != nil {
			return err
		}
		item.Value, n.Content[i+1].Value = name, fx.Money{Minor: amount, Currency: unit}.Text()
	}
	return nil
}

// comment explains a part of the document.
func comment(part string) string {
	switch part {
	case "version":
		return "The rules of this pool. They change only as \"rule_change\" under decisions says; then the version goes up by one."
	case "units":
		return "What the pool keeps books in. The first is its own money. Units come from outside (money), by decision\n" +
			"(decided), or by members who owe each other (mutually)."
	case "funds":
		return "The purses that money lies in. A reserve covers those who are late."
	case "purposes":
		return "What money may be paid out for."
	case "roles":
		return "What members may be, beside \"member\", which everybody is. Terms are in days."
	case "decisions":
		return "Who may ask, who answers, and how: consent (nobody objects), majority, supermajority (permille of those for or\n" +
			"against) or signatures (so many in person, and nothing more). A quorum is permille of those who may vote.\n" +
			"Larger amounts can want more; the last tier is for everything above, and for what is in other units."
	case "limits":
		return "How much may leave a fund within so many days."
	case "dues":
		return "What every member pays regularly."
	case "lateness":
		return "What follows when somebody has not paid: days of grace, reminders, then the reserve."
	case "credit":
		return "How much members may owe each other in units that they issue mutually."
	case "sanctions":
		return "The ladder, from the lightest. What comes after mediation is never taken without a decision."
	case "appeal":
		return "A sanction is looked at again by a panel that is drawn by lot."
	case "visibility":
		return "Who sees what. Auditors see everything; what is public, everybody sees."
	case "matching":
		return "How needs and offers are weighed: permille of the weight that goes to who got little lately."
	default:
		return ""
	}
}
