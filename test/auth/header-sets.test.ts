import {
  type Bench,
  type ReferenceRequest,
  VECTOR,
  createBench,
  referenceSign,
} from '../support/sign.js'

const KEY_PATH = `/v1.0/${VECTOR.projectId}/kms/0d0466b0-e727-4d9c-b35d-f84bb474a37f`
const COMMON = { 'x-project-id': VECTOR.projectId, 'x-sdk-date': VECTOR.date }
const HOST = { host: VECTOR.host }
const JSON_TYPE = { 'content-type': 'application/json' }
const AGENT = { 'user-agent': 'huaweicloud-usdk/3.0' }

let bench: Bench
beforeAll(async () => {
  bench = await createBench()
})

async function accepts(request: Partial<ReferenceRequest>): Promise<void> {
  const full = { method: 'POST', url: `${KEY_PATH}/sign`, headers: COMMON, ...request }
  const caller = await bench.authenticator.authenticate(referenceSign(full))
  expect(caller.projectId).toBe(VECTOR.projectId)
}

describe('what each SDK signs', () => {
  test('Go: no host, no content type, a line feed after the body', () =>
    accepts({
      headers: { ...AGENT, ...COMMON, ...HOST, ...JSON_TYPE },
      unsigned: ['host', 'content-type'],
      body: '{"key_id":"<&>"}\n',
    }))

  test('Java: no content type', () =>
    accepts({
      headers: { ...HOST, ...AGENT, ...COMMON, ...JSON_TYPE },
      unsigned: ['content-type'],
      body: '{"key_id":"a"}',
    }))

  test('Python: everything, blanks in the body', () =>
    accepts({
      headers: { ...HOST, ...AGENT, ...COMMON, ...JSON_TYPE },
      body: '{"key_id": "a", "key_description": "\\u00e4"}',
    }))

  test('Node: no user agent, UTF-8 in the body', () =>
    accepts({
      headers: { ...HOST, ...AGENT, ...COMMON, ...JSON_TYPE },
      unsigned: ['user-agent'],
      body: '{"key_id":"a","key_description":"ä€🔑"}',
    }))

  test('names with an underscore are left out', () =>
    accepts({ headers: { ...COMMON, test_value: '1' }, unsigned: ['test_value'] }))

  test('nothing but the date', () => accepts({ headers: { 'x-sdk-date': VECTOR.date } }))

  test('the digest of the body in a header, in either case', async () => {
    const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    for (const stated of [digest, digest.toUpperCase()]) {
      await accepts({ headers: { ...COMMON, 'x-sdk-content-sha256': stated }, body: 'abc' })
    }
  })

  test('the account of the access key', () =>
    accepts({ headers: { 'x-sdk-date': VECTOR.date, 'x-domain-id': 'domain-1' } }))
})

describe('bytes on the wire', () => {
  test('a header value in UTF-8, which Node hands over as Latin-1', async () => {
    const request = referenceSign({
      method: 'GET',
      url: `${KEY_PATH}/tags`,
      headers: { ...COMMON, 'user-agent': 'ключ' },
    })
    const asReceived = Buffer.from('ключ', 'utf8').toString('latin1')
    const caller = await bench.authenticator.authenticate({
      ...request,
      headers: { ...request.headers, 'user-agent': asReceived },
    })
    expect(caller.userId).toBe('tester')
  })

  test('white space around a value is not signed', async () => {
    const request = referenceSign({
      method: 'GET',
      url: KEY_PATH,
      headers: { ...COMMON, 'user-agent': 'sdk/3' },
    })
    const headers = { ...request.headers, 'user-agent': ' sdk/3\t' }
    await expect(bench.authenticator.authenticate({ ...request, headers })).resolves.toBeDefined()
  })

  test('Authorization without its blanks', async () => {
    const request = referenceSign({ method: 'GET', url: KEY_PATH, headers: COMMON })
    const authorization = request.headers.authorization?.replaceAll(', ', ',')
    const { accessKeyId } = await bench.authenticator.authenticate({
      ...request,
      headers: { ...request.headers, authorization },
    })
    expect(accessKeyId).toBe(VECTOR.accessKeyId)
  })

  test('a header that is not signed may stand twice', async () => {
    const request = referenceSign({ method: 'GET', url: KEY_PATH, headers: COMMON })
    const { accessKeyId } = await bench.authenticator.authenticate({
      ...request,
      headers: { ...request.headers, accept: 'a, b' },
      rawHeaders: [...(request.rawHeaders ?? []), 'Accept', 'a', 'accept', 'b'],
    })
    expect(accessKeyId).toBe(VECTOR.accessKeyId)
  })
})

describe('tag keys in the path', () => {
  const tags = `${KEY_PATH}/tags`
  test.each([
    ['decoded and encoded, segment by segment', '/a%20b', '/a%20b'],
    ['lower-case escapes', '/%d1%8f', '/%D1%8F'],
    ['an escaped slash stays one', '/a%2Fb', '/a%2Fb'],
    ['Python signs an escaped slash as a real one', '/a%2Fb', '/a/b'],
    ['Python, with a blank besides', '/a%20b%2Fc', '/a%20b/c'],
    ['Node signs what was escaped once more', '/two%20words', '/two%2520words'],
    ['Node escapes non-ASCII once', '/%D1%8F%20%3C', '/%D1%8F%2520%253C'],
    ['raw characters of a URI', "/a!'()*b:@", '/a%21%27%28%29%2Ab%3A%40'],
    ['a slash at the end', '/a/', '/a'],
  ])('%s', (_name, sent, signed) =>
    accepts({
      method: 'DELETE',
      url: `${tags}${sent}`,
      canonicalPath: `${tags}${signed}/`,
      headers: COMMON,
    }),
  )

  test('a path that is no UTF-8 can still be signed as it stands', () =>
    accepts({ url: `${tags}/%FF`, canonicalPath: `${tags}/%25FF/`, headers: COMMON }))

  test('the literal that Python sends without a project id', () =>
    accepts({
      url: '/v1.0/%7Bproject_id%7D/kms/list-keys',
      canonicalPath: '/v1.0/%7Bproject_id%7D/kms/list-keys/',
    }))
})

describe('queries', () => {
  test.each([
    ['an empty value keeps its equals sign', 'marker=&limit=1', 'limit=1&marker='],
    ['a name alone too', 'marker&limit=1', 'limit=1&marker='],
    ['repeated names by value', 'a=3&a=1&a=2', 'a=1&a=2&a=3'],
    ['a name before its extension', 'a-b=1&a=2', 'a=2&a-b=1'],
    ['a plus sign is a blank', 'a=b+c', 'a=b%20c'],
    ['reserved characters', 'a=/tmp:!*~%2B', 'a=%2Ftmp%3A%21%2A~%2B'],
    ['an equals sign in the value', 'a=b=c', 'a=b%3Dc'],
    ['empty parts', '&a=1&&', 'a=1'],
    ['a question mark alone', '', ''],
  ])('%s', (_name, sent, signed) =>
    accepts({ url: `${KEY_PATH}?${sent}`, canonicalQuery: signed, method: 'GET' }),
  )
})
