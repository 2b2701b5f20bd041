package campaign

import (
	"fmt"
	"strings"

	"github.com/corruptionproject/appeal/internal/colour"
	"github.com/corruptionproject/appeal/models"
)

// readLook fills in the tones made of the accent, and gives the pictures of the
// folder to whom they belong.
func readLook(b *block, c *models.Campaign, pictures map[string]*models.Picture) {
	c.Look.Light, c.Look.Dark = readAccent(b)
	c.Look.Signer, c.Look.Icon = pictures["signer"], pictures["icon"]
	c.Look.Logo, c.Look.LogoDark = pictures["logo"], pictures["logo-dark"]
	if dark := c.Look.LogoDark; dark != nil && c.Look.Logo == nil {
		b.found.add(dark.Name, 0, "", "is the logo for a dark page; put the one for a light page beside it, as logo.svg or logo.png")
	}
	c.Look.Lead = readLead(b, pictures["lead"])
}

// readLead fills in what the picture above the letter shows, which nobody but
// the newsroom can say.
func readLead(b *block, picture *models.Picture) *models.Picture {
	lead := b.within("lead")
	switch {
	case lead == nil && picture != nil:
		b.complain("lead", "is missing; write alt under it: what %s shows, for readers who can't see it", picture.Name)
	case lead != nil:
		alt, credit := lead.needText("alt", "what the picture shows, for readers who can't see it"), lead.text("credit")
		lead.close()
		if picture == nil {
			b.complain("lead", "speaks of a picture, and there is no lead.jpg, lead.png or lead.webp in the folder")
			return nil
		}
		picture.Alt, picture.Credit = alt, credit
	}
	return picture
}

// readAccent makes the tones of both schemes. An accent that can't be read
// where it stands is refused, with the nearest one that can.
func readAccent(b *block) (light, dark models.Tones) {
	accent, named := readColour(b, "accent", colour.House)
	bright, brightNamed := readColour(b, "accent_dark", colour.Brightened(accent))
	if !named && !brightNamed {
		bright = colour.HouseDark
	}
	onLight, onDark := colour.Light(accent), colour.Dark(accent, bright)
	if fault := onLight.Fault(colour.LightGrounds); fault != "" {
		b.complain("accent", "%s; the nearest that passes is \"%s\"", fault, colour.NearestLight(accent))
	}
	if fault := onDark.Fault(colour.DarkGrounds); fault != "" && brightNamed {
		b.complain("accent_dark", "%s; the nearest that passes is \"%s\"", fault, colour.NearestDark(accent, bright))
	}
	return written(onLight), written(onDark)
}

func readColour(b *block, name string, usual colour.Colour) (read colour.Colour, named bool) {
	typed := b.text(name)
	if typed == "" {
		if b.index(name) >= 0 && b.scalarOrNone(name) {
			b.complain(name, "nothing stands here: YAML takes what follows # for a comment; put the colour in quotes, like \"%s\"", usual)
		}
		return usual, false
	}
	read, err := colour.Parse(typed)
	if err != nil {
		b.complain(name, "%q is no colour; write # and six digits, in quotes: \"%s\"", typed, usual)
		return usual, false
	}
	return read, true
}

func written(t colour.Tones) models.Tones {
	return models.Tones{
		Accent: t.Accent.String(), Soft: t.Soft.String(), Button: t.Button.String(),
		ButtonHover: t.ButtonHover.String(), OnButton: t.OnButton.String(), Bar: t.Bar.String(),
	}
}

// Contrast tells how well a campaign's accent can be read: on the button's
// words and on the bar, in light and in dark.
func Contrast(c models.Campaign) (string, error) {
	light, dark := c.Look.Light, c.Look.Dark
	words, bar := []string{}, []string{}
	for _, p := range []struct {
		to          *[]string
		front, back string
	}{
		{&words, light.OnButton, light.Button},
		{&words, dark.OnButton, dark.Button},
		{&bar, light.Bar, colour.LightGrounds.Track.String()},
		{&bar, dark.Bar, colour.DarkGrounds.Track.String()},
	} {
		front, err := colour.Parse(p.front)
		if err != nil {
			return "", fmt.Errorf("campaign: its accent: %w", err)
		}
		back, err := colour.Parse(p.back)
		if err != nil {
			return "", fmt.Errorf("campaign: its accent: %w", err)
		}
		*p.to = append(*p.to, fmt.Sprintf("%.1f", colour.Contrast(front, back)))
	}
	return fmt.Sprintf("accent %s, %s on a dark page; words on the button %s to 1, of 4.5 needed; the bar %s, of 3.0",
		light.Accent, dark.Accent, strings.Join(words, " and "), strings.Join(bar, " and ")), nil
}
