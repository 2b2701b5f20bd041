package receipt

import "io"

var (
	plain    = style{size: 10.5}
	strong   = style{size: 10.5, bold: true}
	muted    = style{size: 10.5, shade: quiet}
	sentence = style{size: 12.5}
	heading  = style{size: 15.5, bold: true}
	masthead = style{size: 19, bold: true}
	sum      = style{size: 13, bold: true}
	fine     = style{size: 8, shade: quiet}
)

// column is where the values of facts begin.
const column = left + 132

// PDF writes the document as one Letter page, black on white. The same
// document gives the same bytes. One that is too long for the page is set
// smaller; beyond half the usual size it goes on to another.
func (d Document) PDF(w io.Writer) error {
	s, err := newSheet(d.Newsroom+", "+d.Title, d.Issued)
	if err != nil {
		return err
	}
	for s.dry = true; s.scale > 0.5; s.scale -= 0.03 {
		s.reach = 0
		if d.draw(s); s.reach <= bottom {
			break
		}
	}
	s.dry = false
	d.draw(s)
	return s.output(w)
}

func (d Document) draw(s *sheet) {
	s.y = top
	d.drawHead(s)
	d.drawLetter(s)
	d.drawFacts(s)
	d.drawMoney(s)
	d.drawWords(s)
	d.drawFoot(s)
}

func (d Document) drawHead(s *sheet) {
	s.write(d.Newsroom, left, right-left-130*s.scale, masthead)
	s.writeRight(d.Date, s.y-5*s.scale, muted)
	s.down(9)
	s.rule(1.5, black)
	s.down(12)
	if d.Notice != "" {
		s.write(d.Notice, left, right-left, strong)
		s.down(8)
		s.rule(1.5, black)
		s.down(12)
	}
}

func (d Document) drawLetter(s *sheet) {
	if d.Greeting != "" {
		s.write(d.Greeting, left, right-left, sentence)
		s.down(5)
	}
	s.write(d.Thanks, left, right-left-60, sentence)
	s.down(10)
	s.write(d.SignedName, left, right-left, sentence)
	s.write(d.SignedTitle, left, right-left, muted)
	s.down(22)
}

func (d Document) drawFacts(s *sheet) {
	s.write(d.Heading, left, right-left, heading)
	s.down(7)
	row := func(name string, values ...string) {
		s.turn(3 * plain.size * s.scale)
		s.rule(0.6, hair)
		s.down(5)
		from := s.y
		s.write(name, left, column-left-10, muted)
		end := s.y
		s.y = from
		for _, value := range values {
			s.write(value, column, right-column, plain)
		}
		s.y = max(s.y, end)
		s.down(6)
	}
	row("Received by", d.Organisation...)
	for _, fact := range d.Facts {
		row(fact.Name, fact.Value)
	}
	s.down(10)
}

func (d Document) drawMoney(s *sheet) {
	for _, line := range d.Money {
		st, weight, of := plain, 0.6, hair
		if line.Total {
			st, weight, of = sum, 1.5, black
		}
		s.turn(3 * st.size * s.scale)
		s.rule(weight, of)
		s.down(5)
		s.write(line.Name, left, right-left-110*s.scale, st)
		s.writeRight(line.Value, s.y-st.size*s.scale*0.35, st)
		s.down(6)
	}
	if len(d.Money) > 0 {
		s.rule(1.5, black)
	}
	s.down(14)
}

func (d Document) drawWords(s *sheet) {
	for i, statement := range d.Statements {
		st := plain
		if i == 0 {
			st = strong
		}
		s.write(statement, left, right-left-20, st)
		s.down(4)
	}
	for _, line := range d.Schedule {
		s.write(line, left, right-left-20, plain)
		s.down(3)
	}
	if len(d.Disclosures) > 0 {
		s.down(6)
	}
	for _, line := range d.Disclosures {
		s.write(line, left, right-left, fine)
		s.down(2)
	}
}

// drawFoot says whom to ask. It comes last, so that what could not be printed
// is known.
func (d Document) drawFoot(s *sheet) {
	if s.lost {
		s.down(4)
		s.write("Letters that this file can’t print stand as “?”. The receipt’s page shows them.", left, right-left, fine)
	}
	s.down(12)
	s.turn(3 * muted.size * s.scale)
	s.rule(0.6, hair)
	s.down(7)
	if d.Help != "" {
		s.write("Write to "+d.Help, left, right-left-160*s.scale, muted)
	} else {
		s.write(d.Newsroom, left, right-left-160*s.scale, muted)
	}
	s.writeRight("Reference "+d.Reference, s.y-muted.size*s.scale*0.35, muted)
}
