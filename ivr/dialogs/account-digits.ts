/** How many digits an account number has, whichever bank gave it out and when. `#` ends it. */
export const accountDigits = { min: 6, max: 12 } as const
