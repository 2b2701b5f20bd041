// Package campaign reads a campaign folder: campaign.yaml, with the ask, the
// dates, the amounts, the words, the accent colour and the organisation behind
// it; letter.md, the editor's letter; and pictures. The Corruption Project is
// built in.
//
// It refuses a folder that holds any mistake, and names every mistake at once,
// each by its line and with how to mend it, so that a newsroom mends its file
// in one go. It guesses nothing: an unknown key is a mistake, and so is an
// amount, a date or an address that could be read in two ways. An accent that
// can't be read, a picture too heavy for the page and a drawing that could do
// more than draw are mistakes too.
//
// The letter is Markdown. A line of its own that reads
//
//	<!-- form -->
//
// parts it in two: on a phone the giving form stands there. Without that line
// the whole letter stands before the form. No other HTML may stand in it.
package campaign

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/corruptionproject/appeal/models"
)

// The two texts of a campaign folder.
const (
	settingsFile = "campaign.yaml"
	letterFile   = "letter.md"
)

//go:embed corruption-project
var builtIn embed.FS

// Load reads the campaign in a folder. A folder with mistakes is refused with
// an error that holds Mistakes.
func Load(dir string) (models.Campaign, error) {
	if _, err := os.Stat(dir); err != nil {
		return models.Campaign{}, fmt.Errorf("campaign: open the folder: %w", err)
	}
	return read(os.DirFS(dir))
}

// BuiltIn reads the Corruption Project, which is part of the program.
func BuiltIn() (models.Campaign, error) {
	folder, err := fs.Sub(builtIn, "corruption-project")
	if err != nil {
		return models.Campaign{}, fmt.Errorf("campaign: open the built-in folder: %w", err)
	}
	return read(folder)
}

// read makes a campaign of a folder's files, and gathers the mistakes of all
// before it refuses any.
func read(folder fs.FS) (models.Campaign, error) {
	var found notes
	settings, err := contents(folder, settingsFile, &found)
	if err != nil {
		return models.Campaign{}, err
	}
	letter, err := contents(folder, letterFile, &found)
	if err != nil {
		return models.Campaign{}, err
	}
	pictures, err := readPictures(folder, &found)
	if err != nil {
		return models.Campaign{}, err
	}
	var c models.Campaign
	if settings != nil {
		readSettings(settings, &c, pictures, &found)
	}
	if letter != nil {
		c.Letter = readLetter(letter, &found)
	}
	if err := found.err(); err != nil {
		return models.Campaign{}, err
	}
	return c, nil
}

// contents reads one file whole. A file that is not there, or holds nothing,
// is the newsroom's mistake and gives nil; a disk that fails is not.
func contents(folder fs.FS, name string, found *notes) ([]byte, error) {
	text, err := fs.ReadFile(folder, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		found.add(name, 0, "", "there is no such file in the campaign folder")
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("campaign: read %s: %w", name, err)
	}
	// Some editors on Windows begin a file with a mark of its encoding.
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if len(bytes.TrimSpace(text)) == 0 {
		found.add(name, 0, "", "the file is empty")
		return nil, nil
	}
	return text, nil
}
