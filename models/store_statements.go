package models

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/crash"
	"github.com/corruptionproject/appeal/internal/money"
)

// giftsOfYear are the gifts that some donors made in a year, with what of each
// stands and what becomes of it in the statements. The donors are a table, or a
// query in brackets.
func giftsOfYear(donors string) string {
	return `
	WITH standing AS (
		SELECT d.donor_id, o.email, d.captured - d.refunded - d.disputed AS stands, 
		       COALESCE(g.method, '') IN @apart OR g.method = 'check' AND (g.dated_on < @january OR g.dated_on >= @next_january) AS apart,
		       EXISTS (SELECT 1 FROM outbox m WHERE m.donation_id = d.id AND m.state = 'held' AND m.kind = 'receipt') AS held
		FROM ` + donors + ` o JOIN donations d ON d.donor_id = o.id LEFT JOIN offline_gifts g ON g.donation_id = d.id
		WHERE d.received_at >= @from AND d.received_at < @until AND d.captured - d.refunded - d.disputed <> 0
	), waiting AS (
		SELECT DISTINCT donor_id FROM standing WHERE held AND stands > 0
	), gifts AS (
		SELECT s.donor_id, s.email, s.stands, s.apart,
		       CASE WHEN s.stands < 0 THEN 'overdone'
		            WHEN EXISTS (SELECT 1 FROM outbox m WHERE m.key = s.donor_id || @suffix) THEN 'queued'
		            WHEN s.email IS NULL THEN 'no_email'
		            WHEN s.donor_id IN (SELECT donor_id FROM waiting) THEN 'held'
		            ELSE 'due' END AS share
		FROM standing s
	)`
}

// nextDonors are those whose turn it is to be looked at.
const nextDonors = "(SELECT id, email FROM donors WHERE id > @after ORDER BY id LIMIT @most)"

// standingByJournal is what the gifts received in a year come to by the
// journal alone, without any cached figure: a gift is received with its first
// payment that was not taken back.
const standingByJournal = `
	WITH received AS (
		SELECT p.donation_id AS gift, MIN(COALESCE(p.happened_at, p.at)) AS at
		FROM postings p LEFT JOIN postings u ON u.key = REPLACE(REPLACE(p.key, ':charge', ':failure'), ':gift', ':reversal')
		WHERE p.kind IN ('charge', 'gift') AND u.key IS NULL GROUP BY p.donation_id
	)
	SELECT COALESCE(SUM(-l.amount), 0) FROM received g
	JOIN postings p ON p.donation_id = g.gift JOIN posting_lines l ON l.posting = p.key
	WHERE l.account IN ('income:donations', 'contra:refunds', 'contra:disputes') AND g.at >= @from AND g.at < @until`

func yearArguments(year int, zone *time.Location) map[string]any {
	from, until := yearIn(year, zone)
	apart := slices.DeleteFunc(OfflineMethods(), func(m OfflineMethod) bool { return !m.Apart() })
	return map[string]any{
		"from": from, "until": until, "suffix": statementKey("", year), "apart": apart,
		"january": time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC), "next_january": time.Date(year+1, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

// PlanStatements reckons what the statements of a year of the zone come to, all
// of one moment, and queues none.
func (s *Store) PlanStatements(ctx context.Context, year int, zone *time.Location) (StatementPlan, error) {
	plan := StatementPlan{Year: year}
	err := s.snapshot(ctx, func(tx *gorm.DB) error {
		var rows []struct {
			Share         string
			Donors, Gifts int64
			Sum, Apart    money.Minor
		}
		err := tx.Raw(giftsOfYear("donors")+`
			SELECT share, COUNT(DISTINCT donor_id) AS donors, COUNT(*) AS gifts, SUM(stands) AS sum,
			       SUM(CASE WHEN apart THEN stands ELSE 0 END) AS apart FROM gifts GROUP BY share`,
			yearArguments(year, zone)).Scan(&rows).Error
		if err != nil {
			return err
		}
		shares := map[string]*Share{
			"due": &plan.Due, "queued": &plan.Queued, "no_email": &plan.NoEmail, "held": &plan.Held, "overdone": &plan.Overdone,
		}
		for _, row := range rows {
			*shares[row.Share] = Share{row.Donors, row.Gifts, row.Sum, row.Apart}
		}
		return tx.Raw(standingByJournal, yearArguments(year, zone)).Row().Scan(&plan.Journal)
	})
	if err != nil {
		return StatementPlan{}, fmt.Errorf("models: plan the statements of %d: %w", year, err)
	}
	return plan, nil
}

// QueueStatements goes through the next donors by id, up to most of them after
// the given one, and queues the statements of a year that are due, in one
// transaction. It returns how many, and the last donor: "" once there are no
// more. However often it is asked, and by whomever, a donor's year is queued
// once.
func (s *Store) QueueStatements(ctx context.Context, year int, zone *time.Location, after string, most int) (queued int, last string, err error) {
	if err := s.mustBeOpen(); err != nil {
		return 0, "", err
	}
	arguments := yearArguments(year, zone)
	arguments["after"], arguments["most"] = after, most
	err = s.tx(ctx, func(tx *gorm.DB) error {
		var due []struct{ DonorID, Email string }
		err := tx.Raw(giftsOfYear(nextDonors)+`
			SELECT DISTINCT donor_id, email FROM gifts WHERE share = 'due' ORDER BY donor_id`, arguments).Scan(&due).Error
		if err != nil {
			return err
		}
		for _, d := range due {
			err := s.enqueue(tx, Mail{
				Key: statementKey(d.DonorID, year), Kind: MailStatement, About: About{Email: d.Email, Donor: d.DonorID, Year: year},
			})
			if err != nil {
				return err
			}
		}
		queued = len(due)
		crash.Here(crash.StatementsUnkept)
		return tx.Raw("SELECT COALESCE(MAX(id), '') FROM "+nextDonors+" AS n", arguments).Row().Scan(&last)
	})
	if err != nil {
		return 0, "", fmt.Errorf("models: queue statements of %d: %w", year, err)
	}
	crash.Here(crash.StatementsKept)
	return queued, last, nil
}
