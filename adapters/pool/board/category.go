package board

// Category is what a posting is about.
type Category string

// group holds categories that can stand in for each other.
type group string

// entry is a category's row in the table.
type entry struct {
	category Category
	group    group
	text     string // English
}

// categories is the table, in the order in which people are shown it.
var categories = [...]entry{
	{"food", "food", "Food and groceries"},
	{"meals", "food", "Cooked meals"},
	{"water", "water", "Drinking water"},
	{"clothing", "things", "Clothes and shoes"},
	{"household", "things", "Household things"},
	{"housing", "housing", "A place to stay"},
	{"transport", "transport", "Transport and errands"},
	{"childcare", "care", "Looking after children"},
	{"care", "care", "Care for the sick or old"},
	{"company", "care", "Company and comfort"},
	{"health", "health", "Health and medicine"},
	{"repair", "crafts", "Repairs"},
	{"building", "crafts", "Building"},
	{"tools", "tools", "Tools on loan"},
	{"farming", "farming", "Work on fields, seeds and animals"},
	{"teaching", "knowledge", "Teaching and training"},
	{"digital", "knowledge", "Help with phones and computers"},
	{"paperwork", "advice", "Forms and offices"},
	{"legal", "advice", "Legal advice"},
	{"translation", "translation", "Translation"},
	{"money", "money", "Money"},
	{"other", "other", "Something else"},
}

// Categories lists the categories in the order in which people are shown them.
func Categories() []Category {
	var all []Category
	for _, e := range &categories {
		all = append(all, e.category)
	}
	return all
}

// Known tells whether there is such a category.
func (c Category) Known() bool {
	_, ok := c.entry()
	return ok
}

// Text is the category in English; "" for one that is not known.
func (c Category) Text() string {
	e, _ := c.entry()
	return e.text
}

func (c Category) entry() (entry, bool) {
	for _, e := range &categories {
		if e.category == c {
			return e, true
		}
	}
	return entry{}, false
}
