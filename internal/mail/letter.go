package mail

// Letter is what a mail says, once. Text and HTML say the same because both
// are drawn from it. Every string is words, never markup.
type Letter struct {
	Subject   string
	Preheader string // what an inbox shows beside the subject; not in the letter itself
	Heading   string
	Opening   []string // paragraphs before the block
	Signed    string   // "Clara Jeffery, Editor-in-Chief of Mother Jones"; "": nobody
	Block     *Block   // nil: none
	Actions   []Action
	Closing   []string // paragraphs after the actions
	Footer    []string // small print, a line each
}

// Block is a table of facts and the statements that belong to them.
type Block struct {
	Title      string
	Rows       []Row
	Statements []string // bold, each on one line of the text, however long: verbatim
}

// Row is one fact.
type Row struct {
	Name, Value string
	Total       bool // what the rows above come to
}

// Action is a link that a reader may follow.
type Action struct {
	Label   string
	URL     string // absolute
	Primary bool   // drawn as a button
}

// Text draws the letter for readers without HTML, lines ended by \n.
func (l Letter) Text() string { return "" }

// HTML draws the letter for the rest. An error is an action whose URL leads
// nowhere.
func (l Letter) HTML() (string, error) { return "", nil }
