package request

// Body is what a request keeps of a plan.
func Body(p Plan) []byte {
	text, err := p.body()
	if err != nil {
		panic(err)
	}
	return text
}
