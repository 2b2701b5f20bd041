package handlers

// KeptPages is how many pages are kept because they are the same for everybody.
func (s *Server) KeptPages() int {
	n := 0
	s.pages.byName.Range(func(any, any) bool { n++; return true })
	return n
}
