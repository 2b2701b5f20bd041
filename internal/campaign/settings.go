package campaign

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

// dollars is the one currency there is: amounts are read, shown and limited in
// dollars of 100 cents, and fees and receipts follow rules for US gifts.
const dollars money.Currency = "usd"

// readSettings fills in a campaign from the text of campaign.yaml.
func readSettings(text []byte, c *models.Campaign, pictures map[string]*models.Picture, found *notes) {
	root := parse(text, found)
	if root == nil {
		return
	}
	b := newBlock(found, "", root.Line, root)
	if b == nil {
		return
	}
	readIdentity(b, c)
	readMoments(b, c)
	readAmounts(b, c)
	readOrganisation(b, c)
	readMethods(b, c)
	readEmbed(b, c)
	readAccounts(b, c)
	readNewsletter(b, c)
	readReceipts(b, c)
	readNotices(b, c)
	readLook(b, c, pictures)
	readWords(b, c)
	b.close()
}

// parse gives the one document of the file, nil where it is no YAML at all.
func parse(text []byte, found *notes) *yaml.Node {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	err := decoder.Decode(&document)
	if err != nil && !errors.Is(err, io.EOF) {
		line, what := syntax(err)
		found.add(settingsFile, line, "", "can't be read as YAML from here on: %s", what)
		return nil
	}
	if len(document.Content) == 0 {
		found.add(settingsFile, 0, "", "the file holds comments alone")
		return nil
	}
	var more yaml.Node
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		found.add(settingsFile, more.Line, "", "a second document begins here; one folder holds one campaign")
	}
	return document.Content[0]
}

var syntaxShape = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)`)

// syntax takes the line out of the YAML library's own message.
func syntax(fault error) (line int, what string) {
	parts := syntaxShape.FindStringSubmatch(fault.Error())
	if parts == nil {
		return 0, fault.Error()
	}
	line, err := strconv.Atoi(parts[1])
	if err != nil {
		return 0, parts[2] // the library gave none
	}
	return line, parts[2]
}

func readIdentity(b *block, c *models.Campaign) {
	c.Title = b.needText("title", "the campaign's name")
	c.Headline = b.needText("headline", "the page's headline, three lines on a phone at most")
	c.StatementDescriptor = shaped(b, "statement_descriptor", "what donors' bank statements show", descriptorFault)
	c.Slug = shaped(b, "slug", "a short name like spring-drive", slugFault)
	c.Draft = b.flag("draft")
	c.Currency = money.Currency(b.text("currency"))
	switch c.Currency {
	case "":
		c.Currency = dollars
	case dollars:
	default:
		b.complain("currency", "%q is not taken: amounts, limits and receipts are in US dollars and cents; write usd", string(c.Currency))
	}
}

// readOrganisation fills in who asks and who receives. What stands on receipts
// may be left out of a draft; Live asks for it.
func readOrganisation(b *block, c *models.Campaign) {
	if signer := b.needWithin("signer", "the name and title of whoever signs the letter"); signer != nil {
		c.Signer.Name = signer.needText("name", "who signs the letter")
		c.Signer.Title = signer.needText("title", "the signer's title")
		signer.close()
	}
	org := b.needWithin("organisation", "who receives the gifts: name, help and privacy_url at the least")
	if org == nil {
		return
	}
	c.Organisation = models.Organisation{
		Name:      org.needText("name", "the newsroom's name as readers know it"),
		LegalName: org.text("legal_name"),
		Address:   org.lines("address"),
		EIN:       optional(org, "ein", einFault),
		Help:      shaped(org, "help", "the e-mail address for donors' questions", emailFault),
		URL:       optional(org, "url", urlFault),
		Privacy:   shaped(org, "privacy_url", "the address of the privacy policy", urlFault),
	}
	p := newPlaceholders(c)
	c.Organisation.Legal, c.Organisation.InReturn = p.text(org, "legal"), p.text(org, "in_return")
	c.Organisation.NotDeductible = org.find("tax_deductible") != nil && !org.flag("tax_deductible")
	if c.Organisation.Legal != "" && org.find("tax_deductible") == nil {
		org.complain("tax_deductible", "is missing beside a sentence of your own under legal; write true or false")
	}
	org.close()
}

// readEmbed fills in who may frame the appeal: without the setting its own
// site and any https site, with an empty list nobody.
func readEmbed(b *block, c *models.Campaign) {
	c.EmbedOrigins = []string{"self", "https:"}
	embed := b.within("embed")
	if embed == nil {
		return
	}
	if origins, ok := embed.list("origins"); ok {
		c.EmbedOrigins = nil
		for _, origin := range origins {
			origin.text = strings.ToLower(origin.text)
			if fault := originFault(origin.text); fault != "" {
				embed.found.add(settingsFile, origin.line, embed.at("origins"), "%s", fault)
			}
			c.EmbedOrigins = append(c.EmbedOrigins, origin.text)
		}
	}
	embed.close()
}

// readAccounts fills in the newsroom's own code for every account of the
// journal. Two accounts under one code could not be told apart in an export.
func readAccounts(b *block, c *models.Campaign) {
	c.Restricted = b.flag("restricted")
	accounts := b.needWithin("accounts", "the code of each account in the newsroom's own chart")
	if accounts == nil {
		return
	}
	c.Accounts = make(map[models.Account]string, len(models.Accounts()))
	holders := make(map[string]models.Account, len(models.Accounts()))
	for _, account := range models.Accounts() {
		code := accounts.needText(string(account), "its code in the newsroom's own chart")
		if code == "" {
			continue
		}
		if other, taken := holders[code]; taken {
			accounts.complain(string(account), "the code %s is that of %s already; give each account its own", code, other)
			continue
		}
		holders[code] = account
		c.Accounts[account] = code
	}
	accounts.close()
}

// shaped reads text that must be there and of a certain form.
func shaped(b *block, name, what string, fault func(string) string) string {
	text := b.needText(name, what)
	if text == "" {
		return ""
	}
	if wrong := fault(text); wrong != "" {
		b.complain(name, "%s", wrong)
	}
	return text
}

// optional is shaped for text that may be left out.
func optional(b *block, name string, fault func(string) string) string {
	text := b.text(name)
	if text == "" {
		return ""
	}
	if wrong := fault(text); wrong != "" {
		b.complain(name, "%s", wrong)
	}
	return text
}
