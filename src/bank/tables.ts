/** The tables of a bank's database. */
import { alarmBookMigrations } from '../institution/alarm-book.ts'
import { callBackMigrations } from '../institution/call-backs.ts'
import { recoveryMigrations } from '../institution/gap.ts'
import { recoveryLossMigrations } from '../institution/recovery-loss.ts'
import { originTriesMigrations } from '../keys/origin-tries.ts'
import { peopleMigrations } from '../keys/people.ts'
import { triesMigrations } from '../keys/tries.ts'
import { businessDateMigrations } from '../ledger/business-date.ts'
import { referenceMigrations } from '../ledger/reference.ts'
import { ledgerMigrations } from '../ledger/schema.ts'
import { clearingMigrations } from '../mail/schema.ts'
import type { Migration } from '../store/migrations.ts'
import { accountLimitMigrations } from './account-limits.ts'
import { activationMigrations } from './activations.ts'
import { blockMigrations } from './blocks.ts'
import { cardMigrations } from './cards/schema.ts'
import { ceilingMigrations } from './ceiling.ts'
import { hostedFileMigrations } from './clearing/hosts/schema.ts'
import { returnedMigrations } from './clearing/returned.ts'
import { bankClearingMigrations } from './clearing/schema.ts'
import { closingMigrations } from './closing.ts'
import { confirmationMigrations } from './confirmations/schema.ts'
import { interbankMigrations } from './interbank/schema.ts'
import { leavingMigrations } from './leaving.ts'
import { lostKeysMigrations } from './lost-keys.ts'
import { netMigrations } from './net/schema.ts'
import { orderMigrations } from './orders.ts'
import { passkeyMigrations } from './passkeys.ts'
import { privatePayeeMigrations } from './private/schema.ts'
import { cardReceiverMigrations } from './receivers/schema.ts'
import { bankMigrations } from './schema.ts'
import { suspenseMigrations } from './suspense.ts'
import { telephoneMigrations } from './telephones.ts'
import { noticeMigrations } from './voucher-notices.ts'

/** In the order in which they build on each other. */
export const bankTables: readonly Migration[] = [
  ...ledgerMigrations,
  ...triesMigrations,
  ...referenceMigrations,
  ...businessDateMigrations,
  ...clearingMigrations,
  ...bankMigrations,
  ...orderMigrations,
  ...ceilingMigrations,
  ...activationMigrations,
  ...bankClearingMigrations,
  ...hostedFileMigrations,
  ...peopleMigrations,
  ...recoveryMigrations,
  ...recoveryLossMigrations,
  ...lostKeysMigrations,
  ...alarmBookMigrations,
  ...callBackMigrations,
  ...originTriesMigrations,
  ...blockMigrations,
  ...noticeMigrations,
  ...passkeyMigrations,
  ...returnedMigrations,
  ...leavingMigrations,
  ...closingMigrations,
  ...accountLimitMigrations,
  ...interbankMigrations,
  ...netMigrations,
  ...suspenseMigrations,
  ...privatePayeeMigrations,
  ...cardMigrations,
  ...cardReceiverMigrations,
  ...telephoneMigrations,
  ...confirmationMigrations,
]
