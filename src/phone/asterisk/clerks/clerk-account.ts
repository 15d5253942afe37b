/** Who may be rung. Asterisk's dial strings can name any address, trunk or extension: of a plain name on the list none of these can be made. */

declare const allowed: unique symbol

/** A SIP account on the institution's list of clerks. */
export type ClerkAccount = string & { readonly [allowed]: true }

/** @throws TypeError for whatever is not on the list, or is no plain name */
export function clerkAccount(account: string, list: ReadonlySet<string>): ClerkAccount {
  if (!list.has(account) || !/^[a-z][a-z0-9-]{0,30}$/.test(account)) throw new TypeError('nobody but a clerk is rung')
  return account as ClerkAccount
}
