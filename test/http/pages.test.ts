import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { ReadinessCheck } from '../../src/http/health.js'
import { type TestApp, startApp } from './start-app.js'

function check(name: string): ReadinessCheck {
  return { name, check: () => reasons[name]?.() ?? Promise.resolve(undefined) }
}

let app: TestApp
let reasons: Record<string, () => Promise<string | undefined>> = {}
beforeAll(async () => {
  app = await startApp({ app: { readiness: [check('hsm'), check('database')] } })
})
afterAll(() => app.close())

test('is alive', async () => {
  const reply = await app.send('GET', '/health/live')
  expect([reply.status, reply.json]).toEqual([200, { status: 'live' }])
})

test('is ready, or says why not', async () => {
  const ready = await app.send('GET', '/health/ready')
  expect([ready.status, ready.json]).toEqual([200, { status: 'ready' }])
  reasons = {
    hsm: () => Promise.resolve('No agent is ready.'),
    database: () => Promise.reject(new Error('password=hunter2')),
  }
  const not = await app.send('GET', '/health/ready')
  expect([not.status, not.json]).toEqual([
    503,
    {
      status: 'not ready',
      reasons: { hsm: 'No agent is ready.', database: 'The check failed.' },
    },
  ])
})

test('is not ready while a check does not end', async () => {
  reasons = { hsm: () => new Promise(() => undefined) }
  const reply = await app.send('GET', '/health/ready')
  expect([reply.status, reply.json['reasons']]).toEqual([
    503,
    { hsm: 'The check did not end in time.' },
  ])
  reasons = {}
})

test('counts requests by operation and outcome', async () => {
  await app.call('CreateRandom', { random_data_length: '8' })
  await app.call('CreateRandom', { random_data_length: '7' })
  await app.send('POST', '/nowhere/at/all')
  const { text, headers } = await app.send('GET', '/metrics')
  expect(headers['content-type']).toContain('text/plain')
  expect(text).toContain('kms_requests_total{operation="CreateRandom",code="ok"} 1\n')
  expect(text).toContain('kms_requests_total{operation="CreateRandom",code="KMS.1801"} 1\n')
  expect(text).toContain('kms_requests_total{operation="none",code="APIGW.0101"} 1\n')
  expect(text).toContain('kms_request_seconds_count{operation="CreateRandom"} 2\n')
  expect(text).toContain('process_resident_memory_bytes ')
  expect(text).not.toContain('/health')
})

test('serves the OpenAPI document', async () => {
  const { json, headers } = await app.send('GET', '/openapi.json')
  expect(headers['content-type']).toBe('application/json')
  expect(json).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' } })
})
