/** By which type a frame says which message it carries (0 to 29; what is above belongs to the exchange itself). */
export const frameTypes = {
  request: 1,
  challenge: 2,
  answer: 3,
  digitAnswer: 4,
  result: 5,
  inquiry: 6,
  decline: 7,
} as const
