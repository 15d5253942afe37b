/** The named points of a payee's money path. A kill at any of them loses nothing acknowledged, and does nothing twice. */
export const moneySteps = [
  'stock-order.received',
  'batch.made',
  'voucher-batch.sealed',
  'batch.committed',
  'voucher-batch.sending',
  'voucher-batch.sent',
  'voucher-batch.receipted',
  'voucher-batch.key-destroyed',
  'activation.received',
  'password.slot-taken',
  'password.settled',
  'pay.requested',
  'pay.posted',
  'pay.committed',
] as const
