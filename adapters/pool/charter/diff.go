package charter

import (
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Change is one rule that differs between two charters, as people write it.
type Change struct {
	Path   string // items of lists by what names them: "decisions[payout].tiers[0].up_to"
	Before string // "" where there was none
	After  string // "" where there is none any more
}

// Diff lists what changes from one charter to another, in the order of the later one and then what is gone. There is
// none only between charters of one hash. It fails where one of them cannot be written as YAML.
func Diff(before, after *Charter) ([]Change, error) {
	old, err := before.leaves()
	if err != nil {
		return nil, err
	}
	now, err := after.leaves()
	if err != nil {
		return nil, err
	}
	was := map[string]string{}
	for _, l := range old {
		was[l.path] = l.text
	}
	is := map[string]bool{}
	var changes []Change
	for _, l := range now {
		is[l.path] = true
		if was[l.path] != l.text {
			changes = append(changes, Change{Path: l.path, Before: was[l.path], After: l.text})
		}
	}
	for _, l := range old {
		if !is[l.path] {
			changes = append(changes, Change{Path: l.path, Before: l.text})
		}
	}
	return changes, nil
}

// leaf is one value of a charter.
type leaf struct{ path, text string }

func (c *Charter) leaves() ([]leaf, error) {
	root, err := c.tree()
	if err != nil {
		return nil, err
	}
	return leavesOf(root, "", nil), nil
}

func leavesOf(n *yaml.Node, path string, all []leaf) []leaf {
	switch {
	case n.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			all = leavesOf(n.Content[i+1], under(path, n.Content[i].Value), all)
		}
	case n.Kind == yaml.SequenceNode && n.Style == yaml.FlowStyle:
		all = append(all, leaf{path, list(n.Content)})
	case n.Kind == yaml.SequenceNode:
		keys := keysOf(n.Content)
		if !slices.Contains(keys, "0") { // where order is not the name, it is a rule of its own
			all = append(all, leaf{path, strings.Join(keys, ", ")})
		}
		for i, item := range n.Content {
			all = leavesOf(item, path+"["+keys[i]+"]", all)
		}
	default:
		all = append(all, leaf{path, n.Value})
	}
	return all
}

func list(items []*yaml.Node) string {
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = item.Value
	}
	return strings.Join(texts, ", ")
}

// keysOf names the items of a list: by what they are called, or else by their number. What is there twice is marked.
func keysOf(items []*yaml.Node) []string {
	keys := make([]string, len(items))
	for i, item := range items {
		keys[i] = strconv.Itoa(i)
		for _, names := range [][]string{{"name"}, {"kind"}, {"measure"}, {"section"}, {"fund", "purpose", "days"}, {"unit"}} {
			if child(item, names[0]) != nil {
				keys[i] = called(item, names)
				break
			}
		}
		for slices.Contains(keys[:i], keys[i]) {
			keys[i] += "+"
		}
	}
	return keys
}

// called is what some of an item's values name it.
func called(item *yaml.Node, names []string) string {
	var parts []string
	for _, name := range names {
		if part := child(item, name); part != nil {
			parts = append(parts, part.Value)
		}
	}
	return strings.Join(parts, "/")
}
