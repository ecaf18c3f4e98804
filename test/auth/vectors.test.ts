import { createSecretKey, hash } from 'node:crypto'
import { canonicalRequest } from '../../src/auth/canonical-request.js'
import { formatAuthorization } from '../../src/auth/authorization.js'
import { canonicalPaths, canonicalQuery } from '../../src/auth/request-target.js'
import { hashBody, sign } from '../../src/auth/signature.js'
import { signRequest } from '../../src/auth/signer.js'
import { parseSdkDate } from '../../src/auth/sdk-date.js'
import { VECTOR, createBench, received, storedAccessKey } from '../support/sign.js'

const BODY =
  '{"key_id":"0d0466b0-e727-4d9c-b35d-f84bb474a37f","plain_text":"00112233445566778899aabbccddeeffa8faed6abbf35c12a4b26e40f6feb19d736d90045c83b9f9a31f638d323e6811","datakey_plain_length":"16"}'
const POST_PATH = `/v1.0/${VECTOR.projectId}/kms/encrypt-datakey`
const POST_AUTHORIZATION =
  'SDK-HMAC-SHA256 Access=AKEXAMPLE0000000001, SignedHeaders=content-type;host;x-project-id;x-sdk-date, Signature=db83e26006dd44191b38424c125aba5cdafa50e06152f806bcfa755e145e5948'
const GET_PATH = `/v1.0/${VECTOR.projectId}/kms/aliases`
const GET_QUERY = 'key_id=0d0466b0-e727-4d9c-b35d-f84bb474a37f&limit=10'

describe('POST with a body', () => {
  const headers = [
    ['content-type', 'application/json'],
    ['host', VECTOR.host],
    ['x-project-id', VECTOR.projectId],
    ['x-sdk-date', VECTOR.date],
  ] as const
  const [path = ''] = canonicalPaths(POST_PATH)
  const bodyHash = hashBody(Buffer.from(BODY))
  const parts = { method: 'POST', path, query: '', headers, bodyHash }

  test('canonical request', () => {
    expect(bodyHash).toBe('ada53b94e59aa91506c35125b609229d7698a6e55159ae13122a4eb93bcebd95')
    expect(canonicalRequest(parts)).toBe(
      [
        'POST',
        '/v1.0/0dea2644dc80d5d22ff1c01e3ebea6fc/kms/encrypt-datakey/',
        '',
        'content-type:application/json',
        'host:kms.example.test:8443',
        'x-project-id:0dea2644dc80d5d22ff1c01e3ebea6fc',
        'x-sdk-date:20250102T030405Z',
        '',
        'content-type;host;x-project-id;x-sdk-date',
        'ada53b94e59aa91506c35125b609229d7698a6e55159ae13122a4eb93bcebd95',
      ].join('\n'),
    )
    expect(hash('sha256', canonicalRequest(parts))).toBe(
      '0edd4e602d81a314b33a2ee93eeb07cd6549f22b2c868cf5d3f7152762b8e9bb',
    )
  })

  test('Authorization header', () => {
    const signature = sign(createSecretKey(VECTOR.secretAccessKey, 'utf8'), {
      date: VECTOR.date,
      parts,
    })
    expect(
      formatAuthorization({
        accessKeyId: VECTOR.accessKeyId,
        signedHeaders: headers.map(([name]) => name),
        signature,
      }),
    ).toBe(POST_AUTHORIZATION)
  })

  test('our own client signs it alike', () => {
    const signed = signRequest({
      ...VECTOR,
      method: 'post',
      url: `https://${VECTOR.host}${POST_PATH}`,
      headers: { 'Content-Type': 'application/json' },
      body: Buffer.from(BODY),
    })
    expect(signed).toEqual({ ...Object.fromEntries(headers), authorization: POST_AUTHORIZATION })
  })

  test('is authenticated', async () => {
    const { authenticator } = await createBench()
    const request = received({
      method: 'POST',
      url: POST_PATH,
      headers: { ...Object.fromEntries(headers), authorization: POST_AUTHORIZATION },
      body: BODY,
    })
    expect(await authenticator.authenticate(request)).toEqual({
      projectId: VECTOR.projectId,
      domainId: 'domain-1',
      userId: 'tester',
      authentication: 'signature',
      accessKeyId: VECTOR.accessKeyId,
    })
  })
})

describe('GET with a query and a security token', () => {
  test('canonical request and signature', () => {
    const [path = ''] = canonicalPaths(GET_PATH)
    const parts = {
      method: 'GET',
      path,
      query: canonicalQuery(GET_QUERY) ?? '',
      headers: [
        ['host', VECTOR.host],
        ['x-project-id', VECTOR.projectId],
        ['x-sdk-date', VECTOR.date],
        ['x-security-token', 'TOKEN-EXAMPLE'],
      ] as const,
      bodyHash: hashBody(new Uint8Array()),
    }
    expect(hash('sha256', canonicalRequest(parts))).toBe(
      'ba77a706558ab431dff3a02ef24e2ea002985b8b3110e0c54e6d28a6fb0f053f',
    )
    const secret = createSecretKey(VECTOR.secretAccessKey, 'utf8')
    expect(Buffer.from(sign(secret, { date: VECTOR.date, parts })).toString('hex')).toBe(
      '484e31e8997fed38e7151b29a615d747006970fe2dba0c6d12478fbf5d59ad0d',
    )
  })
})

// Known answers of the unit tests of the official Go and Python SDKs (signer_test.go, test_signer.py).
describe('vectors of the official SDKs', () => {
  test.each([
    {
      name: 'Python, GET',
      method: 'GET',
      url: '/resources?size=1',
      date: '20200608T023900Z',
      host: 'service.endpoint.myhuaweicloud.com',
      body: '',
      signature: 'cfb4171acec81de07d50e53d57eb77edd537414d66ddb1d7d780f128e12cd842',
    },
    {
      name: 'Python, POST',
      method: 'POST',
      url: '/resources?size=1',
      date: '20200608T023900Z',
      host: 'service.endpoint.myhuaweicloud.com',
      body: '{"name":"test","id":1}',
      signature: '436b1ac0a1ae03705934bb70ef2f2e09f7bfed2117d731a38235053199323a1f',
    },
    {
      name: 'Go, GET',
      method: 'GET',
      url: '/path?limit=1',
      date: '20060102T150405Z',
      host: undefined,
      body: '',
      signature: '5a2ce64c865e0e6046321c6f3d5a77ba8413eeaf355c3166c03d58d02ac79624',
    },
    {
      name: 'Go, POST, with the line feed of its JSON encoder',
      method: 'POST',
      url: '/path?key=value',
      date: '20060102T150405Z',
      host: undefined,
      body: '{"Name":"test","Id":1}\n',
      signature: 'cecc2af119b18ab70b4d094c0750f3b42c02f254903179a0fc2cc72fc9db4f59',
    },
  ])('$name', async ({ method, url, date, host, body, signature }) => {
    const bench = await createBench()
    const known = await storedAccessKey(bench.sealing, { id: 'AccessKey', secret: 'SecretKey' })
    bench.accessKeys.set(known.id, known)
    bench.now = parseSdkDate(date) ?? NaN
    const names = host === undefined ? 'x-sdk-date' : 'host;x-sdk-date'
    const request = received({
      method,
      url,
      headers: {
        'x-sdk-date': date,
        ...(host === undefined ? {} : { host }),
        test_underscore: 'TEST_VALUE',
        authorization: `SDK-HMAC-SHA256 Access=AccessKey, SignedHeaders=${names}, Signature=${signature}`,
      },
      body,
    })
    expect((await bench.authenticator.authenticate(request)).accessKeyId).toBe('AccessKey')
  })
})
