/** Those of money to and from other banks. */
export const interbankSteps = [
  'credit.sending',
  'credit.sent',
  'credit.receipted',
  'credit.received',
  'credit-result.sending',
  'credit-result.sent',
  'credit-result.receipted',
  'credit-result.received',
] as const

/**
 * The named points of a bank's money path, from the request to "heard", in the order in which a purchase passes them. A
 * kill at any of them loses nothing that was acknowledged, and does nothing twice.
 */
export const moneySteps = [
  'pin.slot-taken',
  'pin.settled',
  'sale.requested',
  'sale.stock-taken',
  'sale.committed',
  'sale.answered',
  'activation.sending',
  'activation.sent',
  'activation.receipted',
  'confirm.requested',
  'confirm.committed',
  'confirm.key-destroyed',
  'confirm.answered',
  'transfer.requested',
  'transfer.committed',
  'pin-change.requested',
  'pin-change.committed',
  'stock-order.sending',
  'stock-order.sent',
  'stock-order.receipted',
  'voucher-batch.received',
  'card-payment.received',
  'card-payment-result.sending',
  'card-payment-result.sent',
  'card-payment-result.receipted',
] as const
