/** Vouchers from both ends: in stock and sold at a bank, registered at a payee. */
import { bank, exchange, first, payee, type Tampering } from './writing.ts'

const aSale = first('sale', 'id')
const unsold = first('voucher', 'number', "state = 'issued'")
const live = first('voucher', 'number', "state = 'active'")
const oneSoldOneUnsold = `${live} OR ${unsold}`
const inStock = first('stock', 'number', "state = 'in stock'")

export const stock: Tampering[] = [
  bank('two stock records’ numbers are exchanged', exchange('stock', 'number', "state = 'in stock'")),
  bank(
    'two stock records’ sealed passwords are exchanged',
    exchange('stock', 'password_sealed', "state = 'in stock'", "x'00'"),
  ),
  bank(
    'two stock records’ sealed backup passwords are exchanged',
    exchange('stock', 'backup_sealed', "state = 'in stock'", "x'00'"),
  ),
  bank('a stock record names another’s key', exchange('stock', 'password_key', "state = 'in stock'")),
  bank('a stock record names another’s backup key', exchange('stock', 'backup_key', "state = 'in stock'")),
  bank('the face of an unsold record is raised', `UPDATE stock SET minor = minor * 2 WHERE ${inStock}`),
  bank('the face of a sold record is raised', "UPDATE stock SET minor = minor * 2 WHERE state = 'sold'"),
  bank('a record’s scale is changed', `UPDATE stock SET scale = 0 WHERE ${inStock}`),
  bank('a record’s asset is changed', `UPDATE stock SET asset = 'JPY' WHERE ${inStock}`),
  bank('the order of sale is changed', `UPDATE stock SET shuffle = zeroblob(16) WHERE ${inStock}`),
  bank('an unsold record is marked sold', `UPDATE stock SET state = 'sold' WHERE ${inStock}`),
  bank('a sold record is put back in stock', "UPDATE stock SET state = 'in stock' WHERE state = 'sold'"),
  bank('an unsold record is removed', `DELETE FROM stock WHERE ${inStock}`),
  bank(
    'a record is added to the stock',
    `INSERT INTO stock SELECT tenant, payee, batch, serial + 1000, number || '0', minor, asset, scale, zeroblob(16), state, password_key || 'x', password_sealed, backup_key || 'x', backup_sealed FROM stock WHERE ${inStock}`,
  ),
  bank('a record is said to be of another batch', `UPDATE stock SET batch = 'x' WHERE ${inStock}`),
  bank('a stock order’s amount is changed', 'UPDATE stock_order SET minor = minor + 1'),
  bank('a stock order’s count is changed', 'UPDATE stock_order SET count = count + 1'),
  bank('a stock order’s batch is changed', "UPDATE stock_order SET batch = 'x' WHERE batch IS NOT NULL"),
  bank('a stock order is removed', 'DELETE FROM stock_order'),
]

export const sales: Tampering[] = [
  bank('two sales’ ids are exchanged', exchange('sale', 'id')),
  bank('two sales’ references are exchanged', exchange('sale', 'reference')),
  bank('a sale’s reference is changed', `UPDATE sale SET reference = '000000' WHERE ${aSale}`),
  bank('a sale’s business date is changed', `UPDATE sale SET business_date = '2020-01-01' WHERE ${aSale}`),
  bank('a sale’s time is changed', `UPDATE sale SET sold_at = sold_at + 1 WHERE ${aSale}`),
  bank('a sale is confirmed that was not', 'UPDATE sale SET confirmed_at = sold_at WHERE confirmed_at IS NULL'),
  bank('a confirmation is removed', 'UPDATE sale SET confirmed_at = NULL, password_destroyed = 0'),
  bank('the time of a confirmation is changed', 'UPDATE sale SET confirmed_at = confirmed_at + 1'),
  bank('a password counts as destroyed', 'UPDATE sale SET password_destroyed = 1 WHERE password_destroyed = 0'),
  bank('a destroyed password counts as there', 'UPDATE sale SET password_destroyed = 0'),
  bank(
    'a sale is given to another buyer',
    `UPDATE sale SET buyer = (SELECT max(account) FROM bank_customer) WHERE ${aSale}`,
  ),
  bank('a sale names another’s record', exchange('sale', 'serial', '1', '-1')),
  bank('a sale names another posting', 'UPDATE sale SET posting = posting + 1000'),
  bank('a sale names another letter', 'UPDATE sale SET letter_sequence = letter_sequence + 1000'),
  bank('a sale is removed', `DELETE FROM sale WHERE ${aSale}`),
  bank('a payee’s grant is raised', 'UPDATE payee_grant SET minor = minor * 2'),
  bank(
    'a grant is made up',
    'INSERT INTO payee_grant SELECT tenant, payee, number + 1, minor, asset, scale, received_at, owed FROM payee_grant',
  ),
  bank(
    'a payee’s refusal is made up',
    `INSERT INTO refused_activation SELECT tenant, id, 'x', sold_at FROM sale WHERE ${aSale}`,
  ),
]

export const vouchers: Tampering[] = [
  payee('two vouchers’ passwords are exchanged', exchange('voucher', 'password')),
  payee('two vouchers’ backup passwords are exchanged', exchange('voucher', 'backup')),
  payee('two vouchers’ reveals are exchanged', exchange('voucher', 'reveal')),
  payee('what a voucher can reveal is replaced', `UPDATE voucher SET revealable = 'x' WHERE ${live}`),
  payee('two vouchers’ numbers are exchanged', exchange('voucher', 'number', oneSoldOneUnsold)),
  payee('the face of an unsold voucher is raised', `UPDATE voucher SET minor = minor * 10 WHERE ${unsold}`),
  payee('the face of a sold voucher is raised', `UPDATE voucher SET minor = minor * 10 WHERE ${live}`),
  payee('a locked voucher is active again', "UPDATE voucher SET state = 'active' WHERE state = 'locked'"),
  payee('an active voucher is locked', `UPDATE voucher SET state = 'locked' WHERE ${live}`),
  payee('a live voucher is called exhausted', `UPDATE voucher SET state = 'exhausted' WHERE ${live}`),
  payee(
    'a voucher’s generation is lowered, so that ended sessions live',
    'UPDATE voucher SET generation = generation - 1 WHERE generation > 1',
  ),
  payee('a voucher’s generation is raised', `UPDATE voucher SET generation = generation + 1 WHERE ${live}`),
  payee('an unsold voucher counts as sold', `UPDATE voucher SET sale = 'x', state = 'active' WHERE ${unsold}`),
  payee('a voucher’s sale is another', `UPDATE voucher SET sale = 'x' WHERE ${live}`),
  payee('two vouchers’ sales are exchanged', exchange('voucher', 'sale', 'sale IS NOT NULL')),
  payee('the time of an activation is changed', `UPDATE voucher SET activated_at = activated_at + 1 WHERE ${live}`),
  payee('a voucher is said to be another bank’s', `UPDATE voucher SET bank = 'north' WHERE ${unsold}`),
  payee('an unsold voucher is removed', `DELETE FROM voucher WHERE ${unsold}`),
  payee(
    'a voucher is added',
    `INSERT INTO voucher SELECT tenant, number || '0', bank, batch, serial + 5000, minor, asset, scale, state, generation, password, backup, reveal, revealable, sale, activated_at FROM voucher WHERE ${unsold}`,
  ),
  payee('tries of a locked voucher are given back', 'UPDATE tries SET used = 0'),
  payee('a bank’s order is changed', 'UPDATE batch_order SET count = count + 1'),
  payee('a bank’s order is removed', 'DELETE FROM batch_order'),
  payee('a bank’s grant is raised', 'UPDATE bank_grant SET minor = minor * 2'),
  payee('a bank’s grant is removed', 'DELETE FROM bank_grant'),
]
