/** What must hold of passkeys and the codes that enrolled them, as identities for `tonebank audit`: SQL of their own. */

/** Each query gives a row for everything that is wrong. */
export const passkeyRules: readonly string[] = [
  // A passkey was enrolled by a code of its own account, which had not been guessed at too often and was over from then on.
  `SELECT 'passkey ' || passkey.id AS place, 'no code of its account enrolled it' AS what
   FROM passkey LEFT JOIN passkey_code AS code ON code.tenant = passkey.tenant AND code.id = passkey.code
   WHERE passkey.tenant = @tenant
     AND (code.account IS NOT passkey.account OR code.over_at IS NOT enrolled_at OR wrong > 2)`,
]
