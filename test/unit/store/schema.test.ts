/**
 * The whole schema of a bank, of a payee, of a host and of a securities firm, table by table and trigger by trigger. Whoever adds one declares here what the
 * change log does with it: a table is logged, or it is transient with the reason why losing or changing it harms nobody.
 */
import { describe, expect, test } from 'vitest'
import { bankTables } from '../../../src/bank/tables.ts'
import { hostTables } from '../../../src/merchant/host/start.ts'
import { merchantTables } from '../../../src/merchant/start.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { securitiesTables } from '../../../src/securities/start.ts'
import { logTableNames } from '../../../src/store/change-log/tables.ts'
import { openMemory } from '../../../src/store/connection.ts'
import { openStore } from '../../../src/store/open.ts'

const logged = {
  store: ['migration', 'institution', 'counterparty', 'bulk_stream', 'once'],
  ledger: ['journal', 'account', 'entry', 'balance', 'reservation', 'kept_head', 'spent', 'business_date'],
  shared: ['reference_counter', 'tries'],
  people: ['person', 'person_passkey', 'proposal', 'approval', 'withdrawal', 'alarm_acknowledged'],
  care: ['call_back', 'call_back_done'],
  mail: [
    'clearing_peer',
    'clearing_outbox',
    'sealed_letter',
    'clearing_inbox',
    'clearing_head',
    'clearing_log_head',
    'clearing_epoch_start',
    'clearing_resend',
    'clearing_alarm',
    ...['peer_key', 'own_key', 'own_key_told'],
  ],
  institution: ['recovery', 'recovery_peer', 'recovery_account', 'recovery_release', 'recovery_loss'],
}
const ofBank = [
  'bank_customer',
  'bank_deposit',
  'stock_order',
  'stock',
  'sale',
  'payee_grant',
  'refused_activation',
  'origin_tries',
  'daily_tries',
  'payee_file',
  'payee_file_part',
  'payee_file_line',
  'contradicted_file',
  'payee_recall',
  ...['hosted_file', 'hosted_section'],
  'cleared_voucher',
  'payout',
  'customer_block',
  'passkey',
  'passkey_code',
  ...['issued_card', 'card_step', 'card_order', 'card_payment'],
  ...['card_receiver', 'admitted_receiver', 'card_collection'],
  ...['voucher_notice', 'lost_unheard'],
  'returned_line',
  'payee_left',
  'closed_account',
  'account_limit',
  'lost_sale',
  ...['sent_transfer', 'sent_payout', 'credit_result', 'received_credit'],
  ...['net_statement', 'bank_statement', 'bank_statement_line', 'net_settlement', 'held_credit', 'net_recall'],
  ...['private_payee', 'introduced_payee'],
  'registered_telephone',
  ...['mail_address', 'confirmation'],
  'suspense_cleared',
]
/** Of whoever asks cards for a signature that another institution acts on. */
const ofReceiver = [...['card_bank', 'told_bank', 'listed_card', 'receiver_order', 'receiver_payment']]
const receiverTriggers = ['receiver_order_stands_for_ever', 'receiver_payment_stands_for_ever']

const ofPayee = [
  ...ofReceiver,
  ...['batch_order', 'voucher', 'bank_grant', 'refused_grant', 'held_activation'],
  ...[
    'day_end_file',
    'day_end_line',
    'day_end_recall',
    'day_end_word',
    'day_end_loss',
    'agreed_fee',
    ...['refund', 'card_refund'],
    'api_key',
    'authorisation',
    'till_payment',
    'notice',
    'office_act',
    'reversal',
    'voucher_notice',
    'listening',
    'withdrawn_record',
  ],
]

/** A migration's `transient` says why. */
const transient: readonly string[] = []

const triggers = [
  'account_refuses_delete',
  'account_refuses_update',
  'approval_is_never_changed',
  'approval_is_never_forgotten',
  'business_date_stays_closed',
  'change_log_is_never_changed',
  'change_statement_is_never_changed',
  'clearing_epoch_start_is_never_changed',
  'clearing_head_is_never_changed',
  'clearing_inbox_is_never_changed',
  'clearing_log_head_is_never_changed',
  'entry_refuses_delete',
  'entry_refuses_update',
  'journal_refuses_delete',
  'journal_refuses_update',
  'kept_head_refuses_delete',
  'kept_head_refuses_update',
  'once_is_never_changed',
  'once_is_never_forgotten',
  'own_key_stands_for_ever',
  'peer_key_stands_for_ever',
  'person_is_never_forgotten',
  'person_passkey_stands_for_ever',
  'proposal_is_never_changed',
  'proposal_is_never_forgotten',
  'recovery_loss_is_never_changed',
  'recovery_loss_is_never_forgotten',
  'recovery_release_stands_for_ever',
  'recovery_stands_for_ever',
  'withdrawal_is_never_changed',
  'withdrawal_is_never_forgotten',
]

const payeeTriggers = [
  ...receiverTriggers,
  'bank_grant_is_never_changed',
  'bank_grant_is_never_forgotten',
  'voucher_stays_registered',
  'day_end_file_stands_for_ever',
  'day_end_line_stands_for_ever',
  'day_end_recall_stands_for_ever',
  'day_end_word_is_never_changed',
  'day_end_word_is_never_forgotten',
  'day_end_loss_is_never_changed',
  'day_end_loss_is_never_forgotten',
  ...['agreed_fee_is_never_changed', 'agreed_fee_stands_for_ever'],
  ...['refund_stands_for_ever', 'card_refund_stands_for_ever'],
  'reversal_stands_for_ever',
  'voucher_notice_is_never_changed',
  'voucher_notice_is_never_forgotten',
  'withdrawn_record_is_never_changed',
  'withdrawn_record_is_never_forgotten',
  'listening_is_never_changed',
  'listening_is_never_forgotten',
  'api_key_is_never_forgotten',
  'authorisation_is_never_changed',
  'authorisation_is_never_forgotten',
  'office_act_is_never_changed',
  'office_act_is_never_forgotten',
  'till_payment_is_never_changed',
  'till_payment_is_never_forgotten',
]

describe.each([
  [
    'bank',
    bankTables,
    ofBank,
    [
      'lost_unheard_stands_for_ever',
      'payee_grant_is_never_changed',
      'payee_recall_stands_for_ever',
      ...['hosted_file_stands_for_ever', 'hosted_section_stands_for_ever'],
      'held_credit_stands_for_ever',
      'net_recall_stands_for_ever',
      'payee_grant_is_never_forgotten',
      'sale_stands_for_ever',
      'cleared_voucher_stands_for_ever',
      'payee_file_line_stands_for_ever',
      'contradicted_file_is_never_changed',
      'contradicted_file_stands_for_ever',
      'payee_file_part_stands_for_ever',
      'payee_file_stands_for_ever',
      'payout_stands_for_ever',
      ...['closed_account_is_never_changed', 'closed_account_is_never_forgotten'],
      ...['account_limit_is_never_changed', 'account_limit_is_never_forgotten'],
      ...['mail_address_is_never_changed', 'mail_address_is_never_forgotten'],
      ...['passkey_code_stands_for_ever', 'passkey_stands_for_ever'],
      ...['issued_card_stands_for_ever', 'card_order_stands_for_ever'],
      ...['card_step_is_never_changed', 'card_step_stands_for_ever'],
      ...['card_payment_is_never_changed', 'card_payment_stands_for_ever'],
      ...['admitted_receiver_stands_for_ever', 'card_collection_stands_for_ever'],
      ...['payee_left_is_never_changed', 'payee_left_is_never_forgotten', 'lost_sale_stands_for_ever'],
      'returned_line_stands_for_ever',
      ...['net_statement_stands_for_ever', 'bank_statement_stands_for_ever', 'bank_statement_line_stands_for_ever'],
      'net_settlement_stands_for_ever',
      ...['suspense_cleared_is_never_changed', 'suspense_cleared_stands_for_ever'],
      ...['sent_transfer_stands_for_ever', 'credit_result_is_never_changed', 'credit_result_stands_for_ever'],
      ...['received_credit_is_never_changed', 'received_credit_stands_for_ever'],
      'sent_payout_stands_for_ever',
      'private_payee_is_never_forgotten',
      'introduced_payee_is_never_forgotten',
      ...['customer_block_stands_for_ever', 'voucher_notice_is_never_changed', 'voucher_notice_is_never_forgotten'],
    ],
  ],
  ['payee', merchantTables, ofPayee, payeeTriggers],
  [
    'host',
    hostTables,
    [...ofPayee, 'hosted_payee', 'payee_bank', 'host_file'],
    [...payeeTriggers, 'hosted_payee_is_never_forgotten', 'payee_bank_is_never_forgotten', 'host_file_stands_for_ever'],
  ],
  [
    'securities firm',
    securitiesTables,
    [...ofReceiver, 'quote', 'trade', 'client_card', 'card_act', 'payout'],
    [
      ...receiverTriggers,
      ...['quote_is_never_changed', 'quote_stands_for_ever', 'trade_stands_for_ever', 'client_card_stands_for_ever'],
      ...['card_act_is_never_changed', 'card_act_stands_for_ever', 'payout_stands_for_ever'],
    ],
  ],
] as const)('the schema of a %s', (_, migrations, own, ownTriggers) => {
  const schema = async () => {
    const store = openStore({ runtime: systemRuntime, at: { memory: 'empty' }, migrations })
    const database = openMemory(await store.snapshot())
    await store.close()
    const objects = database
      .prepare<[], { type: string; name: string; sql: string }>(
        "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name",
      )
      .all()
    return { database, of: (type: string) => objects.filter(each => each.type === type) }
  }

  test('has the tables that are declared here, and no view', async () => {
    const { of } = await schema()
    const declared = [...Object.values(logged).flat(), ...own, ...transient, ...logTableNames]
    expect(of('table').map(({ name }) => name)).toEqual(declared.sort())
    expect(of('view')).toEqual([])
    const because = migrations.flatMap(({ transient = {} }) => Object.entries(transient))
    expect(because.map(([table]) => table).sort()).toEqual([...transient].sort())
    for (const [table, reason] of because) expect(reason.length, table).toBeGreaterThan(20)
  })

  test('has the triggers that are declared here, which refuse and do nothing else', async () => {
    const { of } = await schema()
    expect(of('trigger').map(({ name }) => name)).toEqual([...triggers, ...ownTriggers].sort())
    for (const { name, sql } of of('trigger')) {
      expect(sql, name).toMatch(
        /^CREATE TRIGGER \w+ BEFORE (UPDATE|DELETE) ON \w+\s+BEGIN SELECT RAISE\(ABORT, '[^']*'\); END$/,
      )
    }
  })

  test('gives every row a key of its own, and no row what the statement did not say', async () => {
    const { database, of } = await schema()
    for (const { name, sql } of of('table')) {
      const columns = database.pragma(`table_info(${name})`) as { pk: bigint; dflt_value: string | null }[]
      expect(
        columns.some(({ pk }) => pk > 0n),
        `${name} has no primary key`,
      ).toBe(true)
      for (const { dflt_value } of columns) expect(dflt_value ?? '0', name).toMatch(/^(-?\d+|'[^']*')$/)
      expect(sql, name).not.toMatch(/AUTOINCREMENT|GENERATED ALWAYS/i)
      // By which values are equal only when they are the same (`difference.ts`).
      expect(sql, name).toMatch(/\bSTRICT\b/)
      expect(sql, name).not.toMatch(/\bCOLLATE\b|\bANY\b/i)
      const references = database.pragma(`foreign_key_list(${name})`) as Record<string, string>[]
      for (const { table, on_update, on_delete } of references) {
        expect([on_update, on_delete], `${name} to ${table}`).toEqual(['NO ACTION', 'NO ACTION'])
        if (!transient.includes(name)) expect(transient, name).not.toContain(table)
      }
    }
  })
})
