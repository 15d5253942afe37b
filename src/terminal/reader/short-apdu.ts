/**
 * APDUs of cards that speak T=0 (ISO/IEC 7816-3 section 12.2): a command with data has no Le, what it answers is fetched by GET RESPONSE,
 * and 6Cxx says what Le a command should have had. Cards that speak T=1 take every APDU as it is.
 */

const rightLength = 0x6c

export async function sendByT0(send: (apdu: Uint8Array) => Promise<Uint8Array>, apdu: Uint8Array): Promise<Uint8Array> {
  const lc = apdu[4] ?? 0
  const hasDataAndLe = apdu.length > 5 && apdu.length === 6 + lc
  const command = hasDataAndLe ? apdu.slice(0, -1) : apdu
  const response = await send(command)
  const isOther = response.length === 2 && response[0] === rightLength && command.length === 5
  return isOther ? send(Uint8Array.of(...command.slice(0, 4), response[1] ?? 0)) : response
}
