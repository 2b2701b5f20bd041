package web

import (
	"bytes"
	"regexp"
)

// Tones are the colours that a campaign may choose, as style sheets write
// them: "#b3201b". Where one is empty, the style sheet's own stays.
type Tones struct{ Accent, Soft, Button, ButtonHover, OnButton, Bar string }

// tokens are the tones by the names of the style sheets' custom properties.
func (t Tones) tokens() map[string]string {
	return map[string]string{
		"accent": t.Accent, "accent-soft": t.Soft, "btn": t.Button, "btn-hover": t.ButtonHover,
		"on-accent": t.OnButton, "bar": t.Bar,
	}
}

var (
	block = regexp.MustCompile(`\{[^{}]*\}`)
	token = regexp.MustCompile(`--([a-z0-9-]+):#[0-9a-f]{6}\b`)
)

// coloured puts a campaign's tones into a style sheet: those of the dark page
// wherever a block says that it is dark, else those of the light one. One file
// stays one file, so the page asks for no more than before.
func (o Options) coloured(style []byte) []byte {
	return block.ReplaceAllFunc(style, func(rules []byte) []byte {
		tones := o.Light.tokens()
		if bytes.Contains(rules, []byte("color-scheme:dark")) {
			tones = o.Dark.tokens()
		}
		return token.ReplaceAllFunc(rules, func(set []byte) []byte {
			name := string(token.FindSubmatch(set)[1])
			if tones[name] == "" {
				return set
			}
			return []byte("--" + name + ":" + tones[name])
		})
	})
}

// iconGround is the icon's own colour, which follows the accent.
var iconGround = []byte(`fill="#b3201b"`)

func (o Options) colouredIcon(drawing []byte) []byte {
	if o.Light.Accent == "" {
		return drawing
	}
	return bytes.ReplaceAll(drawing, iconGround, []byte(`fill="`+o.Light.Accent+`"`))
}
