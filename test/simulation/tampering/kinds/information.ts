/** What was listened to for money. */
import { payee, type Tampering } from './writing.ts'

export const listening: readonly Tampering[] = [
  payee(
    'what was listened to is said to be of another voucher',
    "UPDATE listening SET voucher = (SELECT number FROM voucher WHERE state = 'locked')",
  ),
  payee('another item is said to have been heard', "UPDATE listening SET item = 'riddle'"),
  payee('a unit’s price is lowered', 'UPDATE listening SET minor = minor - 1'),
  payee('a unit is said to last longer', 'UPDATE listening SET unit_ms = unit_ms * 2'),
  payee('an item is said to be sold as a whole', 'UPDATE listening SET unit_ms = NULL'),
  payee('the reference of what was listened to is another', "UPDATE listening SET reference = '000000'"),
  payee('what was listened to is removed', 'DELETE FROM listening'),
  payee(
    'something is said to have been listened to',
    "INSERT INTO listening SELECT tenant, id || 'x', voucher, item, minor, asset, scale, unit_ms, reference FROM listening",
  ),
  payee(
    'a unit that was begun counts as not begun',
    "UPDATE reservation SET started = captured, accrued = captured, state = 'open' WHERE id LIKE 'listening %'",
  ),
]
