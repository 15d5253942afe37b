/** What becomes of people's word that what another institution refused goes to it once more. */
export type SentAgain =
  | { readonly outcome: 'begun'; readonly files: bigint }
  | { readonly outcome: 'nothing-refused' }
  /** What is on its way would be refused after they were begun again. */
  | { readonly outcome: 'letters-under-way' }
