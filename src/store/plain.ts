/**
 * Plain data as text, one text per value: sorted keys, and a `bigint` as `{"$int":"5"}`, told apart from the number 5.
 * What is not plain (a `Secret` above all) is refused, so that none can slip into a stored row.
 */

export type Plain =
  | null
  | boolean
  | number
  | string
  | bigint
  | readonly Plain[]
  | { readonly [key: string]: Plain | undefined }

/** @throws TypeError on functions, class instances, non-integers, and keys that begin with `$`. Undefined members are left out. */
export function encodePlain(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `{"$int":"${value}"}`
  if (typeof value === 'number' && Number.isSafeInteger(value)) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(encodePlain).join(',')}]`
  if (typeof value === 'object' && isPlainObject(value)) {
    let members = ''
    for (const key of Object.keys(value).sort()) {
      const member = (value as { readonly [key: string]: unknown })[key]
      if (member === undefined) continue
      members += `${members === '' ? '' : ','}${JSON.stringify(plainKey(key))}:${encodePlain(member)}`
    }
    return `{${members}}`
  }
  throw new TypeError(`not plain data: a ${typeof value === 'object' ? value?.constructor.name : typeof value}`)
}

/** The inverse of `encodePlain`. */
export function decodePlain(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && '$int' in value ? BigInt(String(value.$int)) : value,
  )
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function plainKey(key: string): string {
  if (key.startsWith('$')) throw new TypeError(`not plain data: the key ${key}`)
  return key
}
