package campaign

import "github.com/corruptionproject/appeal/models"

// readNewsletter fills in what the newsroom mails to whoever asks for it.
// Without the setting the page offers none.
func readNewsletter(b *block, c *models.Campaign) {
	letter := b.within("newsletter")
	if letter == nil {
		return
	}
	c.Newsletter.Name = letter.needText("name", "what fits after “Email me the”, like weekly newsletter")
	c.Newsletter.Promise = letter.needText("promise", "how often it comes and how to end it, like One email a week. Unsubscribe any time.")
	letter.close()
}
