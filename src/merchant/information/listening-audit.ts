/** What must hold of what was listened to, as identities for `tonebank audit`: raw rows, and SQL of their own. */

/** Each query gives a row for everything that is wrong. */
export const listeningRules: readonly string[] = [
  // It is a hold of whole units on its voucher, and every such hold is of something that was listened to.
  `SELECT 'listening ' || id AS place, 'its hold is not in the journal as it stands' AS what
   FROM listening WHERE tenant = @tenant AND NOT EXISTS (SELECT 1
     FROM journal JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq AND side = 'debit'
     WHERE journal.chain = @chain AND journal.id = 'listening ' || listening.id AND event = 'reserve' AND kind = 'listening'
       AND journal.reference = listening.reference AND account = 'voucher-liability:' || voucher
       AND entry.asset = listening.asset AND entry.scale = listening.scale AND entry.minor % listening.minor = 0)`,
  `SELECT @chain || ' ' || seq AS place, 'a hold for something that nobody listened to' AS what
   FROM journal WHERE chain = @chain AND event = 'reserve' AND kind = 'listening'
     AND NOT EXISTS (SELECT 1 FROM listening WHERE tenant = @tenant AND journal.id = 'listening ' || id)`,
  // One unit accrues at a time, and begins by itself; whatever ends it posts whole units.
  `SELECT @chain || ' ' || journal.seq AS place, 'a part of a unit was sold' AS what
   FROM listening JOIN journal ON journal.chain = @chain AND about = 'listening ' || listening.id
   JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq AND side = 'debit'
   WHERE tenant = @tenant AND CASE WHEN event IN ('accrue', 'start') THEN entry.minor <> listening.minor
     ELSE entry.minor % listening.minor <> 0 END`,
  // An item that is sold as a whole is one unit.
  `SELECT 'listening ' || listening.id AS place, 'an item was sold more than once' AS what
   FROM listening JOIN journal ON journal.chain = @chain AND journal.id = 'listening ' || listening.id
   JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq AND side = 'debit'
   WHERE tenant = @tenant AND unit_ms IS NULL AND entry.minor <> listening.minor`,
]
