package charter

// Check is a stand-in.
func (c *Charter) Check() error { return nil }
