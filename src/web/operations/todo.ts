/** What to do about each alarm: one sentence for those that call for the same. */
import type { AlarmKind } from '../../alarm.ts'
import type { ReadableKey } from '../words.ts'

type Todo = Extract<ReadableKey, `page.operations.todo.${string}`>

const contradicted: Todo = 'page.operations.todo.contradicted'
const banks: Todo = 'page.operations.todo.banks'
const settlement: Todo = 'page.operations.todo.settlement'

export const todo: Readonly<Record<AlarmKind, Todo>> = {
  'other-content': contradicted,
  'accused-of-other-content': contradicted,
  'accused-of-old-epoch': contradicted,
  'old-epoch': contradicted,
  'epoch-jump': contradicted,
  'unannounced-epoch': contradicted,
  'forked-log': contradicted,
  'forked-ledger': contradicted,
  'forged-head': contradicted,
  'other-file': contradicted,
  'peer-lost-receipts': 'page.operations.todo.peer-lost',
  'peer-recovered': 'page.operations.todo.peer-lost',
  'undeliverable-letter': 'page.operations.todo.letter',
  'letter-refused': 'page.operations.todo.letter',
  'books-went-back': 'page.operations.todo.books-went-back',
  'backup-behind': 'page.operations.todo.backup',
  'backup-stopped': 'page.operations.todo.backup',
  'record-keys-lost': 'page.operations.todo.record-keys',
  'record-keys-behind': 'page.operations.todo.mirror',
  'checkpoint-differs': 'page.operations.todo.checkpoint',
  'log-too-long': 'page.operations.todo.log',
  'certificate-expires': 'page.operations.todo.certificate',
  'key-not-taken': 'page.operations.todo.key',
  'order-refused': 'page.operations.todo.order',
  'sale-not-honoured': 'page.operations.todo.sale',
  'activation-held': 'page.operations.todo.activation',
  'day-end-refused': 'page.operations.todo.day-end-refused',
  'day-end-contradicted': 'page.operations.todo.day-end-contradicted',
  'day-end-not-booked': 'page.operations.todo.day-end-not-booked',
  'day-end-breaks': 'page.operations.todo.day-end-breaks',
  'day-end-lost': 'page.operations.todo.day-end-lost',
  'day-end-late': 'page.operations.todo.day-end-late',
  'credit-unasked': banks,
  'credit-contradicted': banks,
  'card-contradicted': banks,
  'card-unasked': banks,
  'payout-refused': 'page.operations.todo.payout',
  'settlement-refused': settlement,
  'settlement-late': settlement,
  'shop-not-told': 'page.operations.todo.shop',
  'mail-not-sent': 'page.operations.todo.mail',
}
