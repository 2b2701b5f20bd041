package models_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

const (
	boss  = models.Actor("boss@example.org")
	clerk = "clerk@example.org"
)

// staffed adds somebody, and signs them in.
func staffed(t *testing.T, s *models.Store, role models.Role) (models.Staff, models.SignIn) {
	t.Helper()
	who, err := s.AddStaff(t.Context(), boss, " Clerk@Example.org ", role, "hash")
	if err != nil {
		t.Fatal(err)
	}
	return who, signedIn(t, s, who, "")
}

func signedIn(t *testing.T, s *models.Store, who models.Staff, known string) models.SignIn {
	t.Helper()
	made, err := s.OpenSession(t.Context(), who.ID, models.SignIn{Device: known}, "Firefox on Linux")
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// ends holds a session to be over.
func ends(t *testing.T, s *models.Store, token string) {
	t.Helper()
	if _, _, err := s.FindSession(t.Context(), token); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("the session still holds: %v", err)
	}
}

func TestARoleCoversTheOnesBeforeIt(t *testing.T) {
	roles := []models.Role{models.Viewer, models.Finance, models.Admin}
	for i, has := range roles {
		for j, needed := range roles {
			if got := has.Covers(needed); got != (i >= j) {
				t.Errorf("%s covers %s: %v", has, needed, got)
			}
		}
	}
	for _, none := range []models.Role{"", "owner"} {
		if none.Covers(models.Viewer) || models.Admin.Covers(none) || none.Covers(none) {
			t.Errorf("%q is no role", none)
		}
	}
}

func TestASessionIsFoundByItsTokenAlone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		who, made := staffed(t, s, models.Finance)
		session, found, err := s.FindSession(t.Context(), made.Session)
		if err != nil || found.ID != who.ID || found.Email != clerk || found.Role != models.Finance {
			t.Fatalf("%+v, %v", found, err)
		}
		for _, other := range []string{"", session.ID, session.TokenHash, made.Device, strings.ToLower(made.Session)} {
			ends(t, s, other)
		}
	})
}

func TestASessionEndsAfterHalfAnHourOfRestAndTwelveHoursInAll(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		who, made := staffed(t, s, models.Viewer)
		for range 12*60/29 - 1 {
			clock.Advance(29 * time.Minute)
			if _, _, err := s.FindSession(t.Context(), made.Session); err != nil {
				t.Fatal(err)
			}
		}
		clock.Advance(29 * time.Minute)
		if _, _, err := s.FindSession(t.Context(), made.Session); err != nil {
			t.Fatal(err)
		}
		clock.Advance(29 * time.Minute)
		ends(t, s, made.Session)
		rested := signedIn(t, s, who, "")
		clock.Advance(30 * time.Minute)
		ends(t, s, rested.Session)
	})
}

func TestASessionEndsAtOnceWithWhatItRestsOn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		who, _ := staffed(t, s, models.Finance)
		for name, end := range map[string]func(models.Session) error{
			"signing out":     func(session models.Session) error { return s.EndSession(t.Context(), who, session.ID) },
			"being disabled":  func(models.Session) error { return s.DisableStaff(t.Context(), boss, who.Email) },
			"another role":    func(models.Session) error { return s.SetRole(t.Context(), boss, who.Email, models.Admin) },
			"their password":  func(models.Session) error { return s.SetPassword(t.Context(), who.Actor(), who.Email, "other") },
			"a password":      func(models.Session) error { return s.SetPassword(t.Context(), boss, who.Email, "other") },
			"a second factor": func(models.Session) error { _, err := s.SetFactor(t.Context(), who, "sealed", 1); return err },
			"none any more": func(models.Session) error {
				if _, err := s.SetFactor(t.Context(), who, "sealed", 1); err != nil {
					return err
				}
				return s.RemoveFactor(t.Context(), boss, who.Email)
			},
			"a renewal": func(models.Session) error { _, err := s.RenewSession(t.Context(), who.ID, "Firefox"); return err },
		} {
			made := signedIn(t, s, who, "")
			session, _, err := s.FindSession(t.Context(), made.Session)
			if err != nil {
				t.Fatal(err)
			}
			if err := end(session); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if _, _, err := s.FindSession(t.Context(), made.Session); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("after %s the session still holds: %v", name, err)
			}
			for _, undo := range []error{s.EnableStaff(t.Context(), boss, who.Email), s.SetRole(t.Context(), boss, who.Email, models.Finance)} {
				if undo != nil {
					t.Fatal(undo)
				}
			}
		}
	})
}

func TestASessionTellsWhenItEnds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		_, made := staffed(t, s, models.Viewer)
		begun := clock.Now()
		clock.Advance(10 * time.Minute)
		session, _, err := s.FindSession(t.Context(), made.Session)
		if err != nil {
			t.Fatal(err)
		}
		if at, last := session.EndsAt(); !at.Equal(begun.Add(40*time.Minute)) || last {
			t.Errorf("after ten minutes it ends at %s, %v", at, last)
		}
		last := models.Session{CreatedAt: begun, SeenAt: begun.Add(11*time.Hour + 40*time.Minute)}
		if at, is := last.EndsAt(); !at.Equal(begun.Add(12*time.Hour)) || !is {
			t.Errorf("in its last half hour it ends at %s, %v", at, is)
		}
	})
}

func TestWhoseSessionHasRunOutIsKnownAndWhoseWasEndedIsNot(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		who, made := staffed(t, s, models.Viewer)
		clock.Advance(31 * time.Minute)
		ends(t, s, made.Session)
		if found, err := s.FindEnded(t.Context(), made.Session); err != nil || found.ID != who.ID {
			t.Errorf("%+v, %v", found, err)
		}
		ended, kept := signedIn(t, s, who, ""), signedIn(t, s, who, "")
		session, _, err := s.FindSession(t.Context(), kept.Session)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.EndOtherSessions(t.Context(), who, session.ID); err != nil {
			t.Fatal(err)
		}
		if err := s.EndOtherSessions(t.Context(), who, session.ID); err != nil { // of which there are none
			t.Fatal(err)
		}
		if _, _, err := s.FindSession(t.Context(), kept.Session); err != nil {
			t.Errorf("the one that stays: %v", err)
		}
		ends(t, s, ended.Session)
		for _, token := range []string{ended.Session, made.Session, "", "nothing"} {
			if _, err := s.FindEnded(t.Context(), token); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("of %q it is known: %v", token, err)
			}
		}
		if acts, err := s.ListAudit(t.Context(), models.AuditQuery{Act: models.SignedOut}, 5); err != nil || len(acts) != 1 {
			t.Errorf("%+v, %v", acts, err)
		}
		clock.Advance(31 * time.Minute)
		if err := s.DisableStaff(t.Context(), boss, who.Email); err != nil {
			t.Fatal(err)
		}
		if _, err := s.FindEnded(t.Context(), kept.Session); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("of somebody disabled: %v", err)
		}
	})
}

func TestNobodyEndsAnothersSession(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		_, made := staffed(t, s, models.Viewer)
		session, _, err := s.FindSession(t.Context(), made.Session)
		if err != nil {
			t.Fatal(err)
		}
		other, err := s.AddStaff(t.Context(), boss, "other@example.org", models.Admin, "hash")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.EndSession(t.Context(), other, session.ID); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.FindSession(t.Context(), made.Session); err != nil {
			t.Error(err)
		}
	})
}

func TestAnAddressHasOneAccount(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		who, _ := staffed(t, s, models.Viewer)
		if err := s.DisableStaff(t.Context(), boss, who.Email); err != nil {
			t.Fatal(err)
		}
		if _, err := s.AddStaff(t.Context(), boss, "CLERK@example.org", models.Admin, ""); !errors.Is(err, models.ErrExists) {
			t.Errorf("got %v", err)
		}
		if err := s.SetRole(t.Context(), boss, "nobody@example.org", models.Admin); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	})
}

func TestAnInvitationIsTakenUpOnceWithinThreeDays(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		who, err := s.AddStaff(t.Context(), boss, clerk, models.Viewer, "")
		if err != nil {
			t.Fatal(err)
		}
		invite := func() string {
			token, err := s.InviteStaff(t.Context(), boss, who.Email)
			if err != nil {
				t.Fatal(err)
			}
			return token
		}
		gone := func(token string) {
			t.Helper()
			_, found := s.FindInvitation(t.Context(), token)
			if _, taken := s.AcceptInvitation(t.Context(), token, "theirs", ""); !errors.Is(found, models.ErrNotFound) || !errors.Is(taken, models.ErrNotFound) {
				t.Errorf("the link is good: %v, %v", found, taken)
			}
		}
		replaced, late := invite(), invite()
		gone(replaced)
		clock.Advance(72 * time.Hour)
		gone(late)
		good := invite()
		if found, err := s.FindInvitation(t.Context(), good); err != nil || found.ID != who.ID {
			t.Fatalf("%+v, %v", found, err)
		}
		known, err := s.AcceptInvitation(t.Context(), good, "theirs", "")
		if err != nil {
			t.Fatal(err)
		}
		admitted(t, s, 10, fromMany(clerk))
		if _, err := s.AdmitLogin(t.Context(), models.Attempt{Email: clerk, Network: "network 0", Device: known}); err != nil {
			t.Errorf("strangers keep out whom an admin has let in: %v", err)
		}
		gone(good)
		if now, err := s.FindStaff(t.Context(), clerk); err != nil || now.PasswordHash != "theirs" {
			t.Errorf("%+v, %v", now, err)
		}
		unused := invite()
		if err := s.DisableStaff(t.Context(), boss, clerk); err != nil {
			t.Fatal(err)
		}
		gone(unused)
	})
}

func TestACodeAndARecoveryCodeAreGoodOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		who, _ := staffed(t, s, models.Finance)
		codes, err := s.SetFactor(t.Context(), who, "sealed", 100)
		if err != nil || len(codes) != 10 {
			t.Fatalf("%v, %v", codes, err)
		}
		for _, step := range []struct {
			at   int64
			want bool
		}{{99, false}, {100, false}, {101, true}, {101, false}, {103, true}, {102, false}} {
			if got, err := s.UseStep(t.Context(), who.ID, step.at); got != step.want || err != nil {
				t.Errorf("step %d: %v, %v", step.at, got, err)
			}
		}
		typed := strings.ToLower(strings.ReplaceAll(codes[3], "-", " "))
		for _, want := range []bool{true, false} {
			if got, err := s.UseRecoveryCode(t.Context(), who, typed); got != want || err != nil {
				t.Errorf("the recovery code: %v, %v", got, err)
			}
		}
		if left, err := s.RecoveryCodesLeft(t.Context(), who.ID); left != 9 || err != nil {
			t.Errorf("%d left, %v", left, err)
		}
		again, err := s.SetFactor(t.Context(), who, "sealed anew", 200)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.UseRecoveryCode(t.Context(), who, codes[4]); got || err != nil {
			t.Errorf("a code of the factor before: %v, %v", got, err)
		}
		if err := s.RemoveFactor(t.Context(), boss, who.Email); err != nil {
			t.Fatal(err)
		}
		if got, err := s.UseRecoveryCode(t.Context(), who, again[0]); got || err != nil {
			t.Errorf("a code of the factor that was removed: %v, %v", got, err)
		}
	})
}

func TestEveryActOfTheDoorIsWrittenDown(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		who, made := staffed(t, s, models.Viewer)
		clock.Advance(time.Second)
		session, _, err := s.FindSession(t.Context(), made.Session)
		if err != nil {
			t.Fatal(err)
		}
		for _, do := range []func() error{
			func() error { return s.EndSession(t.Context(), who, session.ID) },
			func() error { return s.SetRole(t.Context(), boss, clerk, models.Finance) },
			func() error { return s.SetRole(t.Context(), boss, clerk, models.Finance) }, // changes nothing
			func() error { return s.DisableStaff(t.Context(), models.Operator, clerk) },
		} {
			if err := do(); err != nil {
				t.Fatal(err)
			}
			clock.Advance(time.Second)
		}
		entries, err := s.ListAudit(t.Context(), models.AuditQuery{}, 3)
		if err != nil {
			t.Fatal(err)
		}
		older, err := s.ListAudit(t.Context(), models.AuditQuery{Before: entries[2].ID}, 3)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range append(entries, older...) {
			got = append(got, strings.Join([]string{string(e.Who), string(e.Act), e.Object, e.Before, e.After}, "|"))
		}
		want := []string{
			"command line|staff.disabled|clerk@example.org|finance|",
			"boss@example.org|staff.role|clerk@example.org|viewer|finance",
			"clerk@example.org|session.ended|clerk@example.org||",
			"clerk@example.org|session.began|clerk@example.org||Firefox on Linux",
			"boss@example.org|staff.added|clerk@example.org||viewer",
		}
		// The last two were of one moment, and may stand either way round.
		if diff := cmp.Diff(want[:3], got[:3]); diff != "" || len(got) != len(want) {
			t.Errorf("%d entries: %s", len(got), diff)
		}
	})
}

func TestTheAuditLogIsListedByWhatIsAskedOfIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		begun := clock.Now()
		for _, act := range []struct {
			by           models.Actor
			table, after string
		}{{boss, "gifts", "1"}, {clerk, "gifts", "2"}, {boss, "payouts", "3"}, {boss, "gifts", "4"}} {
			if err := s.NoteExport(t.Context(), act.by, act.table, act.after); err != nil {
				t.Fatal(err)
			}
			clock.Advance(time.Hour)
		}
		at := func(n int) time.Time { return begun.Add(time.Duration(n) * time.Hour) }
		for want, q := range map[string]models.AuditQuery{
			"4321": {},
			"431":  {Who: boss},
			"421":  {Object: "gifts"},
			"41":   {Who: boss, Object: "gifts", Act: models.Exported},
			"":     {Act: models.StaffAdded},
			"32":   {From: at(1), Until: at(3)},
			"43":   {From: at(1).Add(time.Millisecond)},
			"1":    {Until: at(1), From: time.Time{}.AddDate(0, 0, 1)},
		} {
			got := ""
			all, err := s.ListAudit(t.Context(), q, 10)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range all {
				got += e.After
			}
			count, err := s.CountAudit(t.Context(), q)
			if err != nil || got != want || count != int64(len(want)) {
				t.Errorf("%+v lists %q and counts %d, want %q: %v", q, got, count, want, err)
			}
			if len(all) > 1 {
				q.Before = all[0].ID
				rest, err := s.ListAudit(t.Context(), q, 1)
				if err != nil || len(rest) != 1 || rest[0].ID != all[1].ID {
					t.Errorf("%+v lists next %+v, %v", q, rest, err)
				}
			}
		}
	})
}

func TestTheAuditLogIsAppendedAndNothingElse(t *testing.T) {
	t.Parallel()
	eachWithConn(t, func(t *testing.T, s *models.Store, tamper func(...string) error) {
		staffed(t, s, models.Viewer)
		for _, change := range []string{"UPDATE audit_log SET who = 'nobody'", "DELETE FROM audit_log", "DELETE FROM audit_log WHERE id = (SELECT MIN(id) FROM audit_log)"} {
			if err := tamper(change); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", change, err)
			}
		}
	})
}

func TestWhatTheDatabaseKeepsSignsNobodyIn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		who, made := staffed(t, s, models.Finance)
		sessions, err := s.ListSessions(t.Context(), who.ID)
		if err != nil || len(sessions) != 1 {
			t.Fatalf("%v, %v", sessions, err)
		}
		if kept := fmt.Sprint(sessions); strings.Contains(kept, made.Session) || strings.Contains(kept, made.Device) {
			t.Errorf("a token is kept: %s", kept)
		}
	})
}
