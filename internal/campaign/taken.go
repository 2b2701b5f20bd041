package campaign

import (
	"fmt"

	"github.com/corruptionproject/appeal/models"
)

// Taken returns an error if the campaign offers gifts that this version can't
// take: it would charge a monthly gift once, and call it monthly.
func Taken(c models.Campaign) error {
	for _, f := range c.Frequencies {
		if f != models.Once {
			return fmt.Errorf("%s: frequencies: %s gifts can't be taken by this version; write frequencies: [once]", settingsFile, f)
		}
	}
	return nil
}
