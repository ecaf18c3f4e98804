import type { SignedRequest } from '../../src/auth/claim.js'
import { hasCredentials, missingCredentials } from '../../src/auth/authenticator.js'
import { formatSdkDate, parseSdkDate } from '../../src/auth/sdk-date.js'
import { KmsError } from '../../src/core/errors.js'
import { projectId } from '../../src/core/ids.js'
import {
  type Bench,
  type ReferenceRequest,
  VECTOR,
  createBench,
  mapStore,
  referenceSign,
  storedAccessKey,
} from '../support/sign.js'

const PREFIX = 'Incorrect IAM authentication information: '
const MISMATCH = 'verify aksk signature fail.'
const HEADERS = {
  host: VECTOR.host,
  'x-project-id': VECTOR.projectId,
  'x-sdk-date': VECTOR.date,
}

let bench: Bench
beforeEach(async () => {
  bench = await createBench()
})

function signed(request: Partial<ReferenceRequest> = {}): SignedRequest {
  const url = `/v1.0/${VECTOR.projectId}/kms/list-keys`
  return referenceSign({ method: 'POST', url, headers: HEADERS, body: '{}', ...request })
}

function withHeaders(
  request: SignedRequest,
  headers: Record<string, string | undefined>,
): SignedRequest {
  return { ...request, headers: { ...request.headers, ...headers } }
}

async function refused(request: SignedRequest, phrase: string, code = 'APIGW.0301'): Promise<void> {
  const error: unknown = await bench.authenticator.authenticate(request).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(KmsError)
  expect(error).toMatchObject({ code, message: expect.stringContaining(phrase) as unknown })
}

describe('clock', () => {
  const skew = 15 * 60 * 1000
  test.each([-skew, -1, 0, 999, skew])('%d ms away is accepted', async (offset) => {
    bench.now = VECTOR.now + offset
    await expect(bench.authenticator.authenticate(signed())).resolves.toBeDefined()
  })

  test.each([-skew - 1, -skew - 1000, skew + 1, skew + 1000])(
    '%d ms away is not',
    async (offset) => {
      bench.now = VECTOR.now + offset
      await refused(signed(), `${PREFIX}signature expired.`)
    },
  )

  test.each([
    '',
    '2025-01-02T03:04:05Z',
    '20250102T030405',
    '20250230T030405Z',
    '20250102T250405Z',
  ])('the date "%s" is none', (date) =>
    refused(signed({ headers: { ...HEADERS, 'x-sdk-date': date } }), `${PREFIX}signature expired.`),
  )

  test('dates are written as they are read', () => {
    expect(formatSdkDate(VECTOR.now + 999)).toBe(VECTOR.date)
    expect(parseSdkDate(VECTOR.date)).toBe(VECTOR.now)
    expect(parseSdkDate('00991231T235959Z')).toBeUndefined()
  })
})

describe('no or other credentials', () => {
  test('none', async () => {
    const request = withHeaders(signed(), { authorization: undefined })
    expect(hasCredentials(request.headers)).toBe(false)
    expect(missingCredentials().message).toContain(`${PREFIX}x-auth-token not found.`)
    await refused(request, `${PREFIX}x-auth-token not found.`)
  })

  test('a token', () =>
    refused(
      withHeaders(signed(), { authorization: undefined, 'x-auth-token': 'MIIB' }),
      `${PREFIX}decrypt token fail.`,
    ))

  test('a token besides a signature is ignored', async () => {
    const request = withHeaders(signed(), { 'x-auth-token': 'MIIB' })
    await expect(bench.authenticator.authenticate(request)).resolves.toBeDefined()
  })

  test('a security token with a permanent access key', () =>
    refused(
      signed({ headers: { ...HEADERS, 'x-security-token': 'TOKEN' } }),
      `${PREFIX}decrypt token fail.`,
    ))

  test.each([
    'SDK-HMAC-SM3',
    'SDK-ECDSA-P256-SHA256',
    'SDK-SM2-SM3',
    'V11-HMAC-SHA256',
    'AWS4-HMAC-SHA256',
    'Basic',
    'sdk-hmac-sha256',
    'SDK-HMAC-SHA256x',
  ])('the algorithm %s', (algorithm) => {
    const request = signed()
    const authorization = request.headers.authorization?.replace('SDK-HMAC-SHA256', algorithm)
    return refused(withHeaders(request, { authorization }), 'The only algorithm')
  })
})

describe('shape of Authorization', () => {
  test.each([
    [
      'upper-case signature',
      (text: string) => text.replace(/[0-9a-f]{64}$/, (s) => s.toUpperCase()),
    ],
    ['no hexadecimal', (text: string) => text.replace(/[0-9a-f]$/, 'g')],
    ['63 digits', (text: string) => text.slice(0, -1)],
    ['65 digits', (text: string) => `${text}0`],
    ['no parameters', () => 'SDK-HMAC-SHA256'],
    ['blank parameters', () => 'SDK-HMAC-SHA256   '],
    ['no access key', (text: string) => text.replace(/Access=\w+/, 'Access=')],
    ['an access key of other characters', (text: string) => text.replace('Access=A', "Access='")],
    [
      'a very long access key',
      (text: string) => text.replace('Access=', `Access=${'A'.repeat(99)}`),
    ],
    ['upper-case names', (text: string) => text.replace('host', 'Host')],
    ['a name twice', (text: string) => text.replace('host', 'host;host')],
    ['an empty name', (text: string) => text.replace('host', ';host')],
    ['no names', (text: string) => text.replace(/SignedHeaders=[^,]*/, 'SignedHeaders=')],
    [
      'another order',
      (text: string) => text.replace(/(Access=\w+), (SignedHeaders=[^,]*)/, '$2, $1'),
    ],
    ['something after it', (text: string) => `${text}, Extra=1`],
    ['a line break within', (text: string) => text.replace(', ', ',\n')],
  ])('%s', (_name, change) => {
    const request = signed()
    const authorization = change(request.headers.authorization ?? '')
    return refused(
      withHeaders(request, { authorization }),
      `${PREFIX}${MISMATCH} Authorization must read `,
    )
  })
})

describe('signed headers', () => {
  test.each(['x-sdk-date', 'x-project-id'])('%s has to be signed', (name) =>
    refused(signed({ unsigned: [name] }), 'must be among SignedHeaders'),
  )

  test.each(['x-domain-id', 'x-security-token'])('%s has to be signed if sent', (name) =>
    refused(withHeaders(signed(), { [name]: 'x' }), 'must be among SignedHeaders'),
  )

  test.each(['x-other', 'constructor', '__proto__', 'tostring'])('%s is missing', (name) => {
    const request = signed()
    const authorization = request.headers.authorization?.replace('host;', `${name};`)
    return refused(withHeaders(request, { authorization }), 'not in the request')
  })

  test.each(['Host', 'X-Sdk-Date', 'AUTHORIZATION', 'x-project-id', 'X-Sdk-Content-Sha256'])(
    '%s twice',
    (name) => {
      const request = signed({ headers: { ...HEADERS, 'x-sdk-content-sha256': '' } })
      return refused(
        { ...request, rawHeaders: [...(request.rawHeaders ?? []), name, 'x'] },
        'twice',
      )
    },
  )
})

describe('body', () => {
  test.each(['UNSIGNED-PAYLOAD', '', '0'.repeat(64)])('the stated digest "%s"', (digest) =>
    refused(
      signed({ headers: { ...HEADERS, 'x-sdk-content-sha256': digest } }),
      'X-Sdk-Content-Sha256 must be the SHA-256 of the body',
    ),
  )

  test('an unsigned digest helps nobody', () =>
    refused(
      {
        ...withHeaders(signed(), { 'x-sdk-content-sha256': 'UNSIGNED-PAYLOAD' }),
        body: Buffer.of(),
      },
      'X-Sdk-Content-Sha256',
    ))
})

describe('address', () => {
  test.each([
    'http://kms.example.test/v1.0/x',
    '*',
    '',
    '/a#b',
    '/a b',
    '/ä',
    '/a?b=%',
    '/a?%FF=1',
    '/a\nb',
  ])('"%s" is none', (url) =>
    refused({ ...signed(), url }, 'must be a path and a query of a valid URI'),
  )
})

describe('access keys', () => {
  test('unknown and disabled ones answer the same', async () => {
    const unknown = { accessKeyId: 'AKUNKNOWN00000000001' }
    await refused(signed(unknown), `${PREFIX}${MISMATCH}`)
    await mapStore(bench.accessKeys).setState(VECTOR.accessKeyId, 'disabled')
    await refused(signed(), `${PREFIX}${MISMATCH}`)
    await refused(signed({ secretAccessKey: 'wrong' }), `${PREFIX}${MISMATCH}`)
  })

  test('the stand-in for a missing secret opens nothing', () =>
    refused(
      signed({ accessKeyId: 'AKUNKNOWN00000000001', secretAccessKey: '\0'.repeat(40) }),
      MISMATCH,
    ))

  test('a disabled one works again when it is enabled', async () => {
    await bench.authenticator.authenticate(signed())
    await mapStore(bench.accessKeys).setState(VECTOR.accessKeyId, 'disabled')
    await refused(signed(), MISMATCH)
    await mapStore(bench.accessKeys).setState(VECTOR.accessKeyId, 'active')
    await expect(bench.authenticator.authenticate(signed())).resolves.toBeDefined()
  })

  test('the secret of another key', async () => {
    const other = await storedAccessKey(bench.sealing, { id: 'AKOTHER', secret: 'other' })
    bench.accessKeys.set(other.id, other)
    await refused(signed({ secretAccessKey: 'other' }), `${PREFIX}${MISMATCH}`)
    await refused(signed({ accessKeyId: 'AKOTHER' }), `${PREFIX}${MISMATCH}`)
  })
})

describe('project', () => {
  test('another one than that of the access key', async () => {
    await refused(
      signed({ headers: { ...HEADERS, 'x-project-id': 'f'.repeat(32) } }),
      'X-Project-Id is not',
      'KMS.0321',
    )
    const [known] = bench.accessKeys.values()
    if (!known) throw new Error('The bench has no access key.')
    bench.accessKeys.set(known.id, { ...known, projectId: projectId('0'.repeat(32)) })
    await refused(signed(), 'X-Project-Id is not', 'KMS.0321')
  })

  test('another account', () =>
    refused(
      signed({ headers: { ...HEADERS, 'x-domain-id': 'domain-2' } }),
      'X-Domain-Id is not',
      'KMS.0321',
    ))

  test('is judged after the signature', () =>
    refused(
      signed({ headers: { ...HEADERS, 'x-project-id': 'f'.repeat(32) }, secretAccessKey: 'wrong' }),
      MISMATCH,
    ))
})
