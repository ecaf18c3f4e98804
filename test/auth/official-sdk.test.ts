import { AKSKSigner } from '@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner.js'
import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials.js'
import { HcClient } from '@huaweicloud/huaweicloud-sdk-core/HcClient.js'
import { DefaultHttpClient } from '@huaweicloud/huaweicloud-sdk-core/http/DefaultHttpClient.js'
import fc from 'fast-check'
import { type IncomingMessage, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { stringify } from 'node:querystring'
import { signRequest } from '../../src/auth/signer.js'
import { type Bench, SOMEBODY, VECTOR, createBench, received } from '../support/sign.js'

const credential = new BasicCredentials({
  ak: VECTOR.accessKeyId,
  sk: VECTOR.secretAccessKey,
  projectId: VECTOR.projectId,
})

/** Signs with the published SDK core, and puts the request on the wire as that SDK would. */
function officialRequest(request: {
  readonly method: string
  readonly path: string
  readonly query: Record<string, string | string[]>
  readonly data?: Record<string, unknown> | undefined
}) {
  const { method, path, query, data } = request
  const headers: Record<string, string> = AKSKSigner.sign(
    {
      method,
      endpoint: `https://${VECTOR.host}${path}`,
      queryParams: query,
      headers: {
        'X-Sdk-Date': VECTOR.date,
        'X-Project-Id': VECTOR.projectId,
        'content-type': 'application/json',
      },
      data,
    },
    credential,
  )
  const search = stringify(query)
  return received({
    method,
    url: search === '' ? path : `${path}?${search}`,
    headers,
    body: data === undefined ? '' : JSON.stringify(data),
  })
}

const name = fc.stringMatching(/^[a-z][a-z0-9_.~-]{0,20}$/)
const text = fc.string({ unit: 'grapheme', maxLength: 40 })
// The official signer sorts repeated values by UTF-16 code units, others by bytes: for ASCII it is the same.
const repeated = fc.array(fc.string({ maxLength: 10 }), { minLength: 1, maxLength: 3 })
const query = fc.dictionary(name, fc.oneof(text, repeated), { maxKeys: 4 })

let bench: Bench
beforeAll(async () => {
  bench = await createBench()
})

test('accepts whatever the official signer signs', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
      fc.stringMatching(/^[a-zA-Z0-9_.~-]{1,30}$/),
      query,
      fc.option(fc.dictionary(text, fc.jsonValue()), { nil: undefined }),
      async (method, segment, parameters, data) => {
        const path = `/v1.0/${VECTOR.projectId}/kms/${segment}`
        const request = officialRequest({ method, path, query: parameters, data })
        const caller = await bench.authenticator.authenticate(request)
        expect(caller.accessKeyId).toBe(VECTOR.accessKeyId)
      },
    ),
    { numRuns: 500 },
  )
})

test('our client makes the same signature as the official signer', () => {
  fc.assert(
    fc.property(query, fc.dictionary(text, fc.jsonValue()), (parameters, data) => {
      const path = `/v1.0/${VECTOR.projectId}/kms/create-key`
      const official = officialRequest({ method: 'POST', path, query: parameters, data })
      const own = signRequest({
        ...VECTOR,
        method: 'POST',
        url: `https://${VECTOR.host}${official.url}`,
        headers: { 'content-type': 'application/json' },
        body: official.body,
      })
      expect(own['authorization']).toBe(official.headers.authorization)
    }),
    { numRuns: 300 },
  )
})

describe('over the wire with the official client', () => {
  const outcomes: (string | Error)[] = []
  const server = createServer((request, response) => {
    void judge(request).then((outcome) => {
      outcomes.push(outcome)
      response.setHeader('content-type', 'application/json')
      response.statusCode = outcome instanceof Error ? 401 : 200
      response.end('{}')
    })
  })

  async function judge(request: IncomingMessage): Promise<string | Error> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    try {
      const caller = await bench.authenticator.authenticate({
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        rawHeaders: request.rawHeaders,
        body: Buffer.concat(chunks),
        client: SOMEBODY,
      })
      return caller.accessKeyId ?? 'no access key'
    } catch (error) {
      return error as Error
    }
  }

  beforeAll(async () => {
    bench.now = Date.now()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterAll(async () => {
    bench.now = VECTOR.now
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  async function send(options: {
    readonly method: string
    readonly url: string
    readonly pathParams?: Record<string, string>
    readonly queryParams?: Record<string, string>
    readonly data?: Record<string, unknown>
  }): Promise<string | Error | undefined> {
    const endpoints = [`http://127.0.0.1:${(server.address() as AddressInfo).port}`]
    const client = new HcClient(new DefaultHttpClient({}, endpoints))
      .withEndpoints(endpoints)
      .withCredential(credential)
    await client
      .sendRequest({
        contentType: 'application/json',
        headers: {},
        queryParams: {},
        ...options,
        pathParams: { project_id: VECTOR.projectId, ...options.pathParams },
      })
      .catch(() => undefined)
    return outcomes.pop()
  }

  test.each([
    { method: 'POST', url: '/v1.0/{project_id}/kms/create-key', data: { key_alias: 'ä€🔑' } },
    { method: 'POST', url: '/v1.0/{project_id}/kms/list-keys', data: {} },
    {
      method: 'GET',
      url: '/v1.0/{project_id}/kms/aliases',
      queryParams: { limit: '10', a: 'b c' },
    },
    { method: 'GET', url: '/v1.0/{project_id}/kms/user-instances' },
  ])('$method $url', async (request) => {
    expect(await send(request)).toBe(VECTOR.accessKeyId)
  })

  test.each([
    'plain',
    'two words',
    'ключ',
    '密钥',
    'a+b=c',
    "it's {braced}",
    'a|b^c`d',
    '<angle>"quoted"',
    '(round)!*~',
    'mixed ключ <1>',
  ])('DELETE of the tag %s', async (key) => {
    const url = '/v1.0/{project_id}/kms/0d0466b0-e727-4d9c-b35d-f84bb474a37f/tags/{key}'
    expect(await send({ method: 'DELETE', url, pathParams: { key } })).toBe(VECTOR.accessKeyId)
  })
})
