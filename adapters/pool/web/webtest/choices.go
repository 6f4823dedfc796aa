package webtest

import (
	"context"

	"github.com/ayni-switch/ayni/adapters/pool/web"
)

// Choices implements web.Desk.
func (n *Node) Choices(_ context.Context, form web.Form) (map[string][]web.Choice, error) {
	return ask(n, func() map[string][]web.Choice {
		own := func(texts ...string) (all []web.Choice) {
			for _, text := range texts {
				all = append(all, web.Choice{Value: text, Text: text})
			}
			return all
		}
		members := []web.Choice{{Value: "m2", Text: "m2 Achieng’ Otieno"}, {Value: "m3", Text: "m3"}}
		choices := map[string][]web.Choice{
			"fund": own("welfare", "reserve"), "member": members, "payee": append([]web.Choice{{Value: "nobody", Group: "option"}}, members...), "unit": own("hours.chama-umoja.2"), "match": own("b1 b2"),
			"fixed":    {{Value: "source", Group: "option"}, {Value: "destination", Group: "option"}},
			"decision": {{Value: "any", Group: "option"}, {Value: "payout", Group: "kind"}},
			"done":     {{Value: "yes", Group: "option"}, {Value: "no", Group: "option"}}, "stars": own("5", "4", "3", "2", "1"),
			"swap": own("Merry-go-round/2/3"), "proposal": own("p1"),
		}
		if form.Task == web.TaskAppeal {
			choices["sanction"] = []web.Choice{}
		}
		return choices
	})
}
