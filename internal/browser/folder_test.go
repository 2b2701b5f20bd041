package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// rivertown is the folder of a campaign very unlike the built-in one, with its
// dates moved so that it is under way today.
func rivertown(t testing.TB) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(filepath.Join("..", "campaign", "testdata", "rivertown"))); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "campaign.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, days := range map[string]int{"opens": -90, "deadline": 33, "books_start": -120} {
		line := regexp.MustCompile(`(?m)^` + name + `:.*$`)
		text = line.ReplaceAll(text, []byte(name+": "+time.Now().AddDate(0, 0, days).Format(time.DateOnly)))
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestAnotherFolderIsAnotherCampaign(t *testing.T) {
	d := runDemoOf(t, rivertown(t), filepath.Join(t.TempDir(), "data"))
	reader, watcher := d.tab(look{}), d.tab(look{})
	watcher.open("/")
	watcher.expectSays("#ticker", "Be one of the first neighbors to give.")

	reader.open("/")
	reader.expectSays(".kicker", "The School Board & Café Desk")
	reader.expectSays(".tax", "Gifts are not tax-deductible.")
	for picture, want := range map[string]string{
		".wordmark img": "180 × 28", ".lead img": "600 × 300", ".signer img": "64 × 64",
	} {
		seen := ask[string](reader, fmt.Sprintf(`(() => {
			const i = document.querySelector(%q);
			return i.complete && i.naturalWidth ? i.clientWidth + " × " + i.clientHeight : "not at all";
		})()`, picture))
		if seen != want {
			t.Errorf("%s is drawn %s, want %s", picture, seen, want)
		}
	}
	accessible := reader.expectAccessible
	for _, as := range []look{{width: 320, height: 740}, {width: 360, height: 740, dark: true}, {width: 1280, height: 900}, {width: 1280, height: 900, dark: true}} {
		reader.look(as)
		reader.expectFits(fmt.Sprintf("the campaign at %d", as.width))
		accessible(fmt.Sprintf("the campaign at %d, dark %t", as.width, as.dark))
		accessible = reader.expectAccessibleStill
		want := map[bool]string{false: "#1f5c3a", true: "#48c27e"}[as.dark]
		if seen := ask[string](reader, `getComputedStyle(document.documentElement).getPropertyValue("--bar")`); seen != want {
			t.Errorf("the bar is %s, want %s", seen, want)
		}
	}
	served.add(t, "the second campaign", "html", reader.source())

	reader.look(look{})
	reader.choose("10")
	reader.submit()
	reader.pay("succeeds")
	reader.awaitPage("/thanks/")
	reader.awaitSays("h1", "Thank you.")
	reader.expectSays(".said", "Your $10 gift to the School Board & Café Desk is confirmed.")
	reader.expectSays(".thanks", "With your $10, somebody is in the room.")
	watcher.awaitSays("#ticker", "1 neighbor has given so far")
	d.expectGifts(1000)
}
