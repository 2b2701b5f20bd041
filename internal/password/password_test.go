package password_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/corruptionproject/appeal/internal/password"
)

func TestAPasswordOfFifteenCharactersIsTakenAndOneOfFourteenIsNot(t *testing.T) {
	if err := password.Check("kelp-drum-9xwq3"); err != nil {
		t.Error(err)
	}
	if err := password.Check("kelp-drum-9xwq"); !errors.Is(err, password.TooShort) {
		t.Errorf("got %v", err)
	}
	if err := password.Check("füße über Öl ✓"); !errors.Is(err, password.TooShort) {
		t.Errorf("14 characters of more bytes: got %v", err)
	}
}

func TestLongPasswordsAreTakenWhole(t *testing.T) {
	long := strings.Repeat("Ж", 20) + "correct horse battery staple, said the clerk to the unlikely tidewater heron"
	if err := password.Check(long); err != nil {
		t.Error(err)
	}
	hash, err := password.Hash(t.Context(), long, strings.NewReader("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	for typed, want := range map[string]bool{long: true, long + " ": false, long[:len(long)-1]: false, strings.ToUpper(long): false} {
		if got, err := password.Matches(t.Context(), password.Stranger, hash, typed); got != want || err != nil {
			t.Errorf("%q: %v, %v", typed, got, err)
		}
	}
}

func TestWhatGuessersTryFirstIsRefused(t *testing.T) {
	for _, typed := range []string{
		"passwordpassword", "password12345678", "Password1234567890", "P@ssw0rd!P@ssw0rd!", "aaaaaaaaaaaaaaa", "abcdefghijklmnop",
		"123456789012345", "qwertyuiopasdfgh", "1qaz2wsx3edc4rfv", "Tr0ub4dor&3Tr0ub4dor&3", "motherjones2026!!", "MotherJones-Finance",
		"corruption project", "letmein letmein letmein", "d.okafor@motherjones.com", "iloveyouiloveyou1", "111111222222333333",
	} {
		if err := password.Check(typed, "Mother Jones", "The Corruption Project", "d.okafor@motherjones.com"); !errors.Is(err, password.TooCommon) {
			t.Errorf("%q: got %v", typed, err)
		}
	}
}

func TestWordsThatDontBelongTogetherAreTaken(t *testing.T) {
	for _, typed := range []string{
		"correct horse battery staple", "correcthorsebatterystaple", "kettle orbit walnut", "x7#mQ2!vLr9@pZ4", "hjkwqzvbnmrtpls", "日本語でもよい長い言葉を十五文字",
	} {
		if err := password.Check(typed, "Mother Jones"); err != nil {
			t.Errorf("%q: %v", typed, err)
		}
	}
}

func TestAHashIsSaltedAndNamesWhatItCosts(t *testing.T) {
	hash, err := password.Hash(t.Context(), "kettle orbit walnut", bytes.NewReader(make([]byte, 16)))
	if err != nil {
		t.Fatal(err)
	}
	other, err := password.Hash(t.Context(), "kettle orbit walnut", strings.NewReader("another salt, 16"))
	if err != nil {
		t.Fatal(err)
	}
	if hash == other || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("%s, %s", hash, other)
	}
}

func TestNothingMatchesAHashThatCantBeRead(t *testing.T) {
	for _, hash := range []string{"", "$argon2id$v=19$m=19456,t=2,p=1$$", "kettle orbit walnut"} {
		if got, err := password.Matches(t.Context(), password.Stranger, hash, "kettle orbit walnut"); got || err != nil {
			t.Errorf("%q: %v, %v", hash, got, err)
		}
	}
}

func TestWhoHasGoneIsNotHashedFor(t *testing.T) {
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := password.Matches(gone, password.Stranger, "", "kettle orbit walnut"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
