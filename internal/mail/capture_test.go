package mail_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/mail"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func capture(t *testing.T, dir string) *mail.Capture {
	t.Helper()
	c, err := mail.OpenCapture(dir, func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestACapturedMailIsReadBackAsItWasSent(t *testing.T) {
	c := capture(t, t.TempDir())
	m := message(1)
	m.To.Name, m.Subject, m.Text = "Daña Réed", "Danke für €50", "Ein Satz, der länger ist als jede Zeile, die quoted-printable ohne Umbruch schreiben würde. =\n.\n"
	none(t, c.Send(t.Context(), []mail.Message{m}))
	got, err := c.List(10)
	if err != nil || len(got) != 1 {
		t.Fatalf("%d mails, %v", len(got), err)
	}
	want := mail.Captured{
		ID: "00000001", MessageID: m.ID, From: "Mother Jones <giving@give.example>", To: "Daña Réed <dana1@reader.example>",
		ReplyTo: "help@give.example", Subject: m.Subject, At: noon, Text: m.Text, HTML: m.HTML,
	}
	header := got[0].Header
	got[0].Header = nil
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Error(diff)
	}
	if len(header) != 9 || header[0].Name != "From" || header[3].Value != m.Subject {
		t.Errorf("the headers are %v", header)
	}
}

func TestCapturedMailStaysBetweenRunsNewestFirstForItsOwnerAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mail")
	none(t, capture(t, dir).Send(t.Context(), messages(2)))
	c := capture(t, dir)
	none(t, c.Send(t.Context(), []mail.Message{message(2)}))
	got, err := c.List(2)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].MessageID != message(2).ID || got[1].MessageID != message(1).ID {
		t.Errorf("got %v", got)
	}
	about, err := os.Stat(filepath.Join(dir, got[0].ID+".eml"))
	if err != nil || about.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", about.Mode(), err)
	}
	if err := os.Remove(filepath.Join(dir, got[0].ID+".eml")); err != nil {
		t.Fatal(err)
	}
	if got, err = c.List(2); err != nil || len(got) != 1 {
		t.Errorf("after one was deleted by hand: %v, %v", got, err)
	}
}

func TestAFolderKeepsTheNewestMails(t *testing.T) {
	dir := t.TempDir()
	none(t, capture(t, dir).Send(t.Context(), messages(2003)))
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 2000 || files[0].Name() != "00000004.eml" {
		t.Errorf("%d files, the oldest %v, %v", len(files), files[0], err)
	}
}

func TestNothingButAMailIsReadFromTheFolder(t *testing.T) {
	c := capture(t, t.TempDir())
	for _, id := range []string{"", "1", "00000001", "../00000001", "%2e%2e", "00000001.eml", "half"} {
		if _, err := c.Read(id); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestWhatIsNoMailIsNotReadAsOne(t *testing.T) {
	for _, raw := range []string{
		"", "no header", "Date: Wed, 04 Mar 2026 12:00:00 +0000\r\n\r\nx",
		"Date: Wed, 04 Mar 2026 12:00:00 +0000\r\nContent-Type: text/plain\r\n\r\nx",
		"Date: Wed, 04 Mar 2026 12:00:00 +0000\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nx",
	} {
		if _, err := mail.Parse([]byte(raw)); err == nil {
			t.Errorf("%q was read", raw)
		}
	}
}
