package charter

import "slices"

// justice checks the ladder of sanctions and the way out of it.
func (k *checker) justice() {
	last := -1
	for i, s := range k.c.Sanctions {
		path := at("sanctions", i)
		weight := slices.Index(Measures(), s.Measure)
		k.known(weight >= 0, path+".measure", s.Measure, Measures())
		k.want(weight < 0 || weight > last, path+".measure", "it is not heavier than the step before")
		k.want(i > 0 || weight < 0 || s.Measure.Automatic(), path+".measure", "a ladder begins with %s or %s", Reminder, Mediation)
		last = max(last, weight)
		k.step(s, path)
	}
	a := k.c.Appeal
	if a == (Appeal{}) && !slices.ContainsFunc(k.c.Sanctions, func(s Step) bool { return !s.Measure.Automatic() }) {
		return
	}
	k.between(a.Panel, 3, 31, "appeal.panel")
	k.want(a.Panel%2 == 1, "appeal.panel", "a panel is odd, so that it decides")
	k.between(a.Hours, 1, maxHours, "appeal.hours")
}

func (k *checker) step(s Step, path string) {
	k.between(s.HearHours, 0, maxHours, path+".hear_hours")
	k.between(s.TermDays, 0, maxDays, path+".term_days")
	k.text(s.Healing, path+".healing", maxText)
	if s.Measure == Reduction {
		k.between(s.Permille, 0, 999, path+".permille")
	} else {
		k.want(s.Permille == 0, path+".permille", "only %s has one", Reduction)
	}
	if !s.Measure.Automatic() {
		k.want(s.HearHours > 0, path+".hear_hours", "whoever is concerned is heard first")
		k.want(s.TermDays > 0 || s.Healing != "", path, "it has neither an end nor a way to end it")
	}
}

// visibility checks who sees what.
func (k *checker) visibility() {
	for i, v := range k.c.Visibility {
		path := at("visibility", i)
		k.known(slices.Contains(Sections(), v.Section), path+".section", v.Section, Sections())
		k.once(slices.IndexFunc(k.c.Visibility, func(o Visible) bool { return o.Section == v.Section }), i, path+".section")
		k.want(len(v.To) > 0, path+".to", "it names nobody; auditors see what is not named here")
		for j, to := range v.To {
			k.known(slices.Contains(Audiences(), to), at(path+".to", j), to, Audiences())
			k.once(slices.Index(v.To, to), j, at(path+".to", j))
		}
	}
	k.want(k.c.Shown(SectionDecisions, Members), "visibility", "members see what is decided")
}
