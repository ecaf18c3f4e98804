import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { operations } from '../../src/operations/index.js'
import { talk } from './raw-socket.js'
import { sampleBody } from './sample-body.js'
import { PROJECT, type TestApp, startApp } from './start-app.js'

let app: TestApp
let keyId: string
beforeAll(async () => {
  app = await startApp()
  keyId = await app.createCmk()
})
afterAll(() => app.close())

const RUNS = Number(process.env['KMS_TEST_RUNS'] ?? 150)
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS', 'PROPFIND']
const posts = operations.filter((operation) => operation.access === 'project')

const withFields = posts.filter(
  ({ request }) => Object.keys(request.body?.properties ?? {}).length > 0,
)

/** Characters that a request line and a header can carry. */
function visible(maxLength: number): fc.Arbitrary<string> {
  const unit = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code))
  return fc.string({ unit, maxLength })
}

test('no path and no method makes a 5xx', async () => {
  const segments = fc.constantFrom('v1.0', PROJECT, 'kms', 'create-key', '..', '%2F', '', '?', '*')
  const path = fc
    .array(fc.oneof(segments, visible(12)), { maxLength: 8 })
    .map((parts) => `/${parts.join('/')}`)
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...METHODS), path, async (method, target) => {
      const { status } = await app.send(method, target)
      expect(status).toBeLessThan(500)
    }),
    { numRuns: RUNS },
  )
})

test('no signed body of any bytes makes a 5xx', async () => {
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.json().map((text) => Buffer.from(text)),
  )
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...posts), body, async (operation, bytes) => {
      const path = operation.path.replace('{project_id}', PROJECT)
      const { status, text } = await app.sendSigned('POST', path, bytes)
      expect([status >= 200 && status < 500, text]).toEqual([true, text])
    }),
    { numRuns: RUNS },
  )
})

test('no field of any value makes a 5xx', async () => {
  const value = fc.oneof(
    fc.jsonValue(),
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('\u0000', '\ud800', '\udfff', '"', 'é', '0', ' ') }),
    fc.maxSafeInteger(),
    fc.constantFrom('', '-0', '1e3', '0x10', '9'.repeat(400), Number.MAX_VALUE, -0),
  )
  const bodies = new Map(
    await Promise.all(
      withFields.map(
        async (operation) => [operation.name, await sampleBody(app, operation)] as const,
      ),
    ),
  )
  const change = fc.constantFrom(...withFields).chain((operation) =>
    fc.record({
      name: fc.constant(operation.name),
      field: fc.constantFrom(...Object.keys(operation.request.body?.properties ?? {})),
      value,
    }),
  )
  await fc.assert(
    fc.asyncProperty(change, async ({ name, field, value: odd }) => {
      const { status } = await app.call(name, { ...bodies.get(name), [field]: odd })
      expect(status).toBeLessThan(500)
    }),
    { numRuns: 2 * RUNS },
  )
})

test('no header of any value makes a 5xx', async () => {
  const names = [
    'authorization',
    'x-sdk-date',
    'x-project-id',
    'x-sdk-content-sha256',
    'x-security-token',
    'content-type',
    'content-encoding',
    'accept',
    'expect',
    'host',
  ]
  const path = `/v1.0/${PROJECT}/kms/describe-key`
  const body = JSON.stringify({ key_id: keyId })
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), visible(120), async (name, odd) => {
      const headers = { ...app.sign('POST', path, body), [name]: odd }
      const { status } = await app.send('POST', path, { headers, body })
      expect([200, 400, 401, 403]).toContain(status)
    }),
    { numRuns: RUNS },
  )
})

test('no bytes on a connection make a 5xx', async () => {
  const line = fc.constantFrom('GET / HTTP/1.1\r\n', 'POST /v1.0/x HTTP/1.1\r\nHost: x\r\n', '')
  await fc.assert(
    fc.asyncProperty(line, fc.uint8Array({ maxLength: 200 }), async (start, bytes) => {
      const raw = await talk(app.url, Buffer.concat([Buffer.from(start), bytes, END]))
      for (const [, status] of raw.matchAll(/HTTP\/1\.1 (\d{3})/g)) {
        expect(Number(status)).toBeLessThan(500)
      }
    }),
    { numRuns: Math.ceil(RUNS / 3) },
  )
})

/** Ends any headers, and is no request itself, so that the server closes the connection. */
const END = Buffer.from('\r\n\r\n\r\n\u0000\r\n\r\n')
