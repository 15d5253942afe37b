/**
 * The two check digits that end voucher numbers and account numbers: ISO 7064 MOD 97-10. It finds every single wrong digit,
 * every adjacent and every jump transposition (a b c → c b a).
 */

/** Appends the two check digits. */
export function withCheckDigits(digits: string): string {
  const check = 98 - mod97(`${digits}00`)
  return digits + check.toString().padStart(2, '0')
}

export function checkDigitsFit(number: string): boolean {
  return /^\d{3,}$/.test(number) && mod97(number) === 1
}

const zero = 48

/** Digit by digit, as a 16-digit number is beyond what a double holds exactly. */
function mod97(digits: string): number {
  let rest = 0
  for (let i = 0; i < digits.length; i++) rest = (rest * 10 + digits.charCodeAt(i) - zero) % 97
  return rest
}
