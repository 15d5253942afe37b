/** How a telephone says who it is: the examples of RFC 7616, section 3.9.1, and what exchanges write. */
import { describe, expect, it } from 'vitest'
import { Secret } from '../../src/secret.ts'
import { challengeIn, digestAnswer } from '../../src/sip-digest.ts'

const header = (algorithm: string) =>
  `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, ` +
  'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
const account = { user: 'Mufasa', password: new Secret('Circle of Life') }
const asked = {
  ...{ method: 'GET', uri: '/dir/index.html', count: 1 },
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
}

function answerTo(...headers: string[]): string {
  const challenge = challengeIn(headers)
  return challenge ? digestAnswer(challenge, account, asked) : 'none'
}

describe('the answer', () => {
  it.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ])('by %s is that of RFC 7616', (algorithm, response) => {
    expect(answerTo(header(algorithm))).toBe(
      'Digest username="Mufasa", realm="http-auth@example.org", ' +
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", uri="/dir/index.html", ' +
        `response="${response}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", algorithm=${algorithm}, ` +
        'qop=auth, nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"',
    )
  })

  it('is by the first algorithm that we know, as they stand in the order of preference', () => {
    expect(answerTo(header('SHA-256'), header('MD5'))).toContain('algorithm=SHA-256')
    expect(answerTo(header('MD5'), header('SHA-256'))).toContain('algorithm=MD5')
    expect(answerTo('Basic realm="a"', header('SHA3-512'), header('md5'))).toContain('algorithm=md5')
  })

  it('is without qop where none was offered, and names MD5 where no algorithm was', () => {
    const answer = answerTo('Digest realm="a", nonce="b"')
    expect(answer).not.toContain('qop')
    expect(answer).toContain('algorithm=MD5')
  })

  it('writes quotes in names as it read them', () => {
    expect(answerTo('Digest realm="the \\"old\\" bank", nonce="b", qop="auth"')).toContain('realm="the \\"old\\" bank"')
  })
})

describe('a challenge', () => {
  it.each([
    ['of another scheme', 'Basic realm="a"'],
    ['of an unknown algorithm', header('MD4')],
    ['that wants the body signed, too', 'Digest realm="a", nonce="b", qop="auth-int"'],
    ['without a nonce', 'Digest realm="a"'],
  ])('%s is none', (_, text) => {
    expect(challengeIn([text])).toBeUndefined()
  })

  it('says when only the nonce was too old', () => {
    expect(challengeIn(['Digest realm="a", nonce="b", stale=TRUE'])?.stale).toBe(true)
    expect(challengeIn(['Digest realm="a", nonce="b"'])?.stale).toBe(false)
  })
})
