package browser

// visit is a page in one of its states, and how a reader gets there.
type visit struct {
	name   string
	arrive func(t *tab)
}

var visits = []visit{
	{"campaign", func(t *tab) { t.open("/") }},
}
