package main

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"github.com/corruptionproject/appeal/internal/password"
	"github.com/corruptionproject/appeal/models"
)

// keyboard is where passwords are typed, or come from by --password-stdin. A
// test puts a file in its place.
var keyboard = os.Stdin

type staffCommands struct {
	Add      staffAdd      `cmd:"" help:"Let somebody into the finance rooms; also somebody who was disabled."`
	List     staffList     `cmd:"" help:"List everybody who may enter, or once could."`
	Disable  staffDisable  `cmd:"" help:"Shut somebody out, at once."`
	Password staffPassword `cmd:"" help:"Give somebody another password. Their sessions end."`
}

// passwordFlag says where a password comes from.
type passwordFlag struct {
	PasswordStdin bool `name:"password-stdin" help:"Read the password from standard input, its first line, instead of asking for it twice."`
}

type staffAdd struct {
	Email string `arg:"" help:"Their e-mail address."`
	Role  string `required:"" help:"viewer sees figures, finance also donors, admin also manages staff." placeholder:"viewer|finance|admin"`
	passwordFlag
}

// Run makes an account, or opens one again that was disabled.
func (a staffAdd) Run(p *program) error {
	if err := checkEmail(a.Email); err != nil {
		return err
	}
	role := models.Role(a.Role)
	if !role.Valid() {
		return usage{fmt.Errorf("--role %q is none of viewer, finance and admin", a.Role)}
	}
	return p.withBooks(func(store *models.Store, c models.Campaign) error {
		known, err := store.FindStaff(p.ctx, a.Email)
		if err == nil && known.DisabledAt == nil {
			return fmt.Errorf("%s is on the staff already, as %s: appeal staff password gives them another password; an admin changes roles at /finance/staff", known.Email, known.Role)
		}
		if err != nil && !errors.Is(err, models.ErrNotFound) {
			return err
		}
		hash, err := a.hash(p, c, a.Email)
		if err != nil {
			return err
		}
		if known.ID == "" {
			_, err = store.AddStaff(p.ctx, models.Operator, a.Email, role, hash)
		} else {
			err = openAgain(p, store, known.Email, role, hash)
		}
		if err != nil {
			return err
		}
		return p.printf("%s may sign in at /finance as %s.\n", models.FoldEmail(a.Email), role)
	})
}

// openAgain lets somebody in who was disabled. The password comes last: without
// one they can't sign in.
func openAgain(p *program, store *models.Store, email string, role models.Role, hash string) error {
	if err := store.EnableStaff(p.ctx, models.Operator, email); err != nil {
		return err
	}
	if err := store.SetRole(p.ctx, models.Operator, email, role); err != nil {
		return err
	}
	return store.SetPassword(p.ctx, models.Operator, email, hash)
}

type staffList struct{}

// Run lists everybody.
func (staffList) Run(p *program) error {
	return p.withBooks(func(store *models.Store, _ models.Campaign) error {
		people, err := store.ListStaff(p.ctx)
		if err != nil {
			return err
		}
		if len(people) == 0 {
			return p.printf("nobody yet: appeal staff add EMAIL --role admin\n")
		}
		table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
		if _, err := fmt.Fprintln(table, "EMAIL\tROLE\tSTATE\tSECOND FACTOR\tSINCE"); err != nil {
			return err
		}
		for _, one := range people {
			_, err := fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", one.Email, one.Role, stateOf(one), factorOf(one), one.CreatedAt.UTC().Format(time.DateOnly))
			if err != nil {
				return err
			}
		}
		return table.Flush()
	})
}

func stateOf(s models.Staff) string {
	switch {
	case s.DisabledAt != nil:
		return "disabled"
	case s.PasswordHash == "":
		return "invited"
	default:
		return "active"
	}
}

func factorOf(s models.Staff) string {
	if s.Factor == "" {
		return "none"
	}
	return "set up"
}

type staffDisable struct {
	Email string `arg:"" help:"Whom to shut out."`
}

// Run shuts somebody out.
func (d staffDisable) Run(p *program) error {
	return p.withBooks(func(store *models.Store, _ models.Campaign) error {
		if err := notOnStaff(d.Email, store.DisableStaff(p.ctx, models.Operator, d.Email)); err != nil {
			return err
		}
		return p.printf("%s is disabled, and signed out everywhere.\n", models.FoldEmail(d.Email))
	})
}

type staffPassword struct {
	Email string `arg:"" help:"Whose password."`
	passwordFlag
}

// Run replaces a password.
func (s staffPassword) Run(p *program) error {
	return p.withBooks(func(store *models.Store, c models.Campaign) error {
		known, err := store.FindStaff(p.ctx, s.Email)
		if err != nil {
			return notOnStaff(s.Email, err)
		}
		if known.DisabledAt != nil {
			return fmt.Errorf("%s is disabled: appeal staff add %s --role %s lets them in again", known.Email, known.Email, known.Role)
		}
		hash, err := s.hash(p, c, s.Email)
		if err != nil {
			return err
		}
		if err := store.SetPassword(p.ctx, models.Operator, s.Email, hash); err != nil {
			return err
		}
		return p.printf("%s has another password, and is signed out everywhere.\n", known.Email)
	})
}

// notOnStaff says what to do about an address that nobody has.
func notOnStaff(email string, err error) error {
	if errors.Is(err, models.ErrNotFound) {
		return fmt.Errorf("nobody on the staff has the address %s: appeal staff list shows who does", email)
	}
	return err
}

func checkEmail(typed string) error {
	address, err := mail.ParseAddress(typed)
	if err != nil || address.Address != strings.TrimSpace(typed) {
		return usage{fmt.Errorf("%q is no e-mail address; write it like name@example.org", typed)}
	}
	return nil
}

// hash reads a password and makes what is stored of it.
func (f passwordFlag) hash(p *program, c models.Campaign, email string) (string, error) {
	typed, err := f.read(p)
	if err != nil {
		return "", err
	}
	if err := password.Check(typed, c.PasswordNames(email)...); err != nil {
		return "", err
	}
	return password.Hash(p.ctx, typed, rand.Reader)
}

func (f passwordFlag) read(p *program) (string, error) {
	if f.PasswordStdin {
		line, err := bufio.NewReader(io.LimitReader(keyboard, 4096)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("read the password from standard input: %w", err)
		}
		return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), nil
	}
	terminal := int(keyboard.Fd())
	if !term.IsTerminal(terminal) {
		return "", usage{errors.New("there is no terminal to ask for the password: give it with --password-stdin")}
	}
	first, err := ask(p, terminal, "Password (at least 15 characters): ")
	if err != nil {
		return "", err
	}
	again, err := ask(p, terminal, "The same once more: ")
	if err != nil {
		return "", err
	}
	if first != again {
		return "", errors.New("the two passwords differ: nothing was changed, try again")
	}
	return first, nil
}

// ask reads a line without showing it.
func ask(p *program, terminal int, question string) (string, error) {
	if _, err := fmt.Fprint(p.errs, question); err != nil {
		return "", err
	}
	typed, err := term.ReadPassword(terminal)
	if _, after := fmt.Fprintln(p.errs); err == nil {
		err = after
	}
	return string(typed), err
}
