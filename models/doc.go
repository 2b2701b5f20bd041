// Package models holds the nouns of a campaign, their rules, and the only SQL:
// campaigns, donations, donors, subscriptions, the journal, Stripe's own account
// of its balance beside it, the inbox of Stripe's events, numbered receipts, the
// outbox of what is to be sent, and who asked for the newsletter; and of the
// newsroom its staff, their sessions, what they did, and what needs them.
//
// Three laws hold here:
//
//  1. Every change of money is a balanced posting, appended once. Nothing is
//     updated or deleted; a reversal is a mirror.
//  2. One outside fact, one Store method, one transaction. The Store owns it;
//     no exported method takes or returns a transaction or a *gorm.DB.
//  3. Totals are a cache of the journal, changed in the same transaction and
//     proven by Verify.
//
// It refuses the network: nothing here knows HTTP, Stripe's library or mail,
// and no transaction is ever open while somebody else is waited for.
package models
