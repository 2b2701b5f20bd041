package handlers

import (
	"strconv"

	"github.com/corruptionproject/appeal/models"
)

// foldView is the part of the form that most readers need not see: a note, and
// whose name the gift is in. It is folded away while it is empty and right.
type foldView struct {
	Open         bool
	Comment      string
	CommentError string
	Most         string // how long a note may be
	Tributes     []choiceView
	TributeError string
	Name         string
	NameError    string
}

// fold shows what was written as it was typed, too long or not.
func fold(f donateForm, ps problems) foldView {
	view := foldView{
		Comment: f.Comment, CommentError: ps.On("comment").Message, Most: strconv.Itoa(maxComment),
		TributeError: ps.On("tribute").Message,
		Name:         f.TributeName, NameError: ps.On("tribute_name").Message,
	}
	for _, t := range []struct {
		value models.Tribute
		label string
	}{{models.NoTribute, "No"}, {models.InHonor, "Honor"}, {models.InMemory, "Memory"}} {
		view.Tributes = append(view.Tributes, choiceView{
			ID: "tribute-" + string(t.value), Name: "tribute", Value: string(t.value), Label: t.label,
			Checked: f.Tribute == string(t.value) || t.value == models.NoTribute && f.Tribute == "",
		})
	}
	given := f.Tribute != "" && f.Tribute != string(models.NoTribute)
	view.Open = given || f.Comment != "" || f.TributeName != ""
	return view
}

// publishing says who is named in public, where a newsroom names anybody.
func (v *views) publishing() string {
	if v.c.PublishDonorsFrom <= 0 {
		return ""
	}
	return "We publish the names of donors who give " + v.c.PublishDonorsFrom.Short() + " or more."
}
