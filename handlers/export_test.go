package handlers

// KeptPages is how many pages are kept because they are the same for everybody.
func (s *Server) KeptPages() int {
	n := 0
	s.pages.byName.Range(func(any, any) bool { n++; return true })
	return n
}

// HoldPrinting lets no PDF be drawn, as if one took very long and so many more
// were wanted, until release is called.
func (s *Server) HoldPrinting(more int) (release func()) {
	s.printer.drawing <- struct{}{}
	for range more + 1 {
		s.printer.waiting <- struct{}{}
	}
	return func() {
		for range more + 1 {
			<-s.printer.waiting
		}
		<-s.printer.drawing
	}
}

// MostPrinting is how many PDFs may be wanted at once.
const MostPrinting = mostPrinting

// WantedPDFs is how many are wanted now.
func (s *Server) WantedPDFs() int { return len(s.printer.waiting) }
