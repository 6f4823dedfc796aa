package schema

// isMoment tells whether a text is a date, dateTime, time, gYear or gYearMonth of XML Schema 1.0, with or without a
// zone, in the years 0001 to 9999.
func isMoment(base, text string) bool {
	c := &clockText{rest: text, ok: true}
	switch base {
	case "date":
		c.date()
	case "dateTime":
		c.date()
		c.literal('T')
		c.time()
	case "time":
		c.time()
	case "gYear":
		c.year()
	case "gYearMonth":
		c.year()
		c.literal('-')
		c.number(2, 1, 12)
	}
	c.zone()
	return c.ok && c.rest == ""
}

// clockText reads a date or time from left to right; what does not fit sticks.
type clockText struct {
	rest string
	ok   bool
}

// number reads so many digits, a number within bounds.
func (c *clockText) number(digits, least, most int) int {
	if len(c.rest) < digits {
		c.ok = false
		return 0
	}
	n := 0
	for i := range digits {
		d := c.rest[i]
		if d < '0' || d > '9' {
			c.ok = false
			return 0
		}
		n = n*10 + int(d-'0')
	}
	c.rest = c.rest[digits:]
	c.ok = c.ok && n >= least && n <= most
	return n
}

func (c *clockText) starts(b byte) bool { return len(c.rest) > 0 && c.rest[0] == b }

func (c *clockText) literal(b byte) {
	if !c.starts(b) {
		c.ok = false
		return
	}
	c.rest = c.rest[1:]
}

func (c *clockText) year() int { return c.number(4, 1, 9999) }

func (c *clockText) date() {
	year := c.year()
	c.literal('-')
	month := c.number(2, 1, 12)
	c.literal('-')
	c.number(2, 1, daysIn(year, month))
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// time reads hh:mm:ss with any fraction; 24:00:00 is the end of a day.
func (c *clockText) time() {
	hour := c.number(2, 0, 24)
	c.literal(':')
	minute := c.number(2, 0, 59)
	c.literal(':')
	second := c.number(2, 0, 59)
	fraction := 0
	if c.starts('.') {
		c.literal('.')
		fraction = c.number(1, 0, 9)
		for len(c.rest) > 0 && c.rest[0] >= '0' && c.rest[0] <= '9' {
			fraction |= c.number(1, 0, 9)
		}
	}
	c.ok = c.ok && (hour < 24 || minute+second+fraction == 0)
}

func (c *clockText) zone() {
	switch {
	case c.rest == "":
	case c.starts('Z'):
		c.rest = c.rest[1:]
	case c.starts('+'), c.starts('-'):
		c.rest = c.rest[1:]
		hour := c.number(2, 0, 14)
		c.literal(':')
		minute := c.number(2, 0, 59)
		c.ok = c.ok && (hour < 14 || minute == 0)
	}
}
