//go:build !race

package finance_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestAFileOfFiveThousandGiftsIsSavedWhileOneWaits(t *testing.T) {
	t.Parallel()
	clerkOnBoth(t, func(t *testing.T, h *house, clerk *browser) {
		var file strings.Builder
		file.WriteString("amount,received_on,method,donor_name,donor_email,donor_address,reference,note\n")
		for i := range 5000 {
			method := []string{"check", "check", "check", "wire", "daf"}[i%5]
			fmt.Fprintf(&file, "%d.25,2026-11-%02d,%s,Reader %d,reader%d@example.org,\"%d Main Street\nOakland, CA 94607\",%d,\n", 10+i%90, 1+i%20, method, i, i/2, i, 1000+i)
		}
		review := clerk.upload(file.String())
		review.says(t, "Save 5,000 gifts?", "$272,750.00", "<td class=\"num\">3,000</td>", "… and 4,900 more.")
		key, text := review.carried(t)
		for range 2 {
			clerk.upload("", "form_key", key, "text", text, "step", "save").expect(t, 303, imports+"?done="+key, "")
		}
		clerk.get(imports+"?done="+key).says(t, "5,000 gifts, $272,750.00")
		if got := raised(t, h); got != "$272,750.00" {
			t.Errorf("raised is %s", got)
		}
		clerk.upload(file.String()).says(t, "Every line may be here already.", "… and 4,900 more.")
	})
}
