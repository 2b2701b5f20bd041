package campaign

// nearest finds the known name that a mistyped one was probably meant to be,
// "" if none is near.
func nearest(typed string, known []string) string {
	best, distance := "", 3
	if len(typed) < 6 {
		distance = 2
	}
	for _, name := range known {
		if d := edits(typed, name); d < distance {
			best, distance = name, d
		}
	}
	return best
}

// edits counts the letters to add, drop or change to make one word of another.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := diagonal
			if a[i] != b[j] {
				changed++
			}
			diagonal = row[j+1]
			row[j+1] = min(changed, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
