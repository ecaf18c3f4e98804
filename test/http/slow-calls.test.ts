import { once } from 'node:events'
import http from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { createFollower } from '../../src/telemetry/follower.js'
import { SlowCalls } from '../../src/telemetry/slow-calls.js'
import type { Stage } from '../../src/telemetry/stages.js'
import { allowAll, memoryAudit, noLimits } from '../support/open-doors.js'
import { DOMAIN, PROJECT, type TestApp, startApp } from './start-app.js'

const SLOW_MS = 60
const THRESHOLD_MS = 50

let app: TestApp
let keyId: string
let slow: Stage | undefined
let lines: Record<string, unknown>[] = []
let counted: string[] = []

function delay(stage: Stage): Promise<unknown> {
  return slow === stage ? pause(SLOW_MS) : Promise.resolve()
}

beforeAll(async () => {
  const audit = memoryAudit()
  app = await startApp({
    service: (service) => ({
      ...service,
      keys: {
        ...service.keys,
        find: (project, id) => delay('store').then(() => service.keys.find(project, id)),
      },
    }),
    app: {
      authenticator: {
        async authenticate() {
          await delay('authenticate')
          const caller = { projectId: PROJECT, domainId: DOMAIN, userId: 'tester' }
          return { ...caller, authentication: 'signature', accessKeyId: 'AK' }
        },
      },
      limits: { ...noLimits, admitCaller: () => delay('admit').then(() => undefined) },
      judge() {
        const access = allowAll()
        return Object.assign(Object.create(access) as typeof access, {
          requireKey: (request: Parameters<typeof access.requireKey>[0]) =>
            delay('authorize').then(() => access.requireKey(request)),
        })
      },
      audit: { ...audit, record: (event) => delay('audit').then(() => audit.record(event)) },
      follower: createFollower({
        tracing: undefined,
        slowCalls: new SlowCalls(THRESHOLD_MS, {
          warn: (fields) => void lines.push({ ...fields }),
        }),
        countSlow: (operation) => void counted.push(operation),
      }),
    },
  })
  keyId = await app.createCmk()
})
afterAll(() => app.close())
beforeEach(() => {
  slow = undefined
  lines = []
  counted = []
})

test.each<Stage>(['admit', 'authenticate', 'authorize', 'store', 'audit'])(
  'of which %s takes the time says so',
  async (stage) => {
    slow = stage
    const { status } = await app.call('ListKeyDetail', { key_id: keyId })
    expect(status).toBe(200)
    expect(counted).toEqual(['ListKeyDetail'])
    const [line] = lines
    expect(line).toMatchObject({
      operation: 'ListKeyDetail',
      code: 'ok',
      status: 200,
      key_id: keyId,
    })
    expect(mostOf(line)).toBe(`${stage}_ms`)
    expect(line?.[`${stage}_ms`]).toBeGreaterThan(SLOW_MS - 2)
  },
)

test('whose body comes slowly says that it is the client', async () => {
  const body = JSON.stringify({ key_id: keyId })
  const path = `/v1.0/${PROJECT}/kms/describe-key`
  const headers = {
    ...app.sign('POST', path, body),
    'content-length': String(body.length),
    expect: '100-continue',
  }
  const request = http.request(`${app.url}${path}`, { method: 'POST', headers })
  request.flushHeaders()
  // The server has begun the call: what it waits from now on is the client's time.
  await once(request, 'continue')
  request.write(body.slice(0, 5))
  await pause(SLOW_MS)
  request.end(body.slice(5))
  const status = await new Promise((resolve) => {
    request.on('response', (response) => {
      response.resume()
      resolve(response.statusCode)
    })
  })
  expect(status).toBe(200)
  expect(lines.map(mostOf)).toEqual(['receive_ms'])
})

test('that fails is told as one, with the stage that it failed in', async () => {
  slow = 'store'
  const { status } = await app.call('ListKeyDetail', {
    key_id: '00000000-0000-4000-8000-000000000000',
  })
  expect(status).toBe(404)
  expect(lines).toMatchObject([{ code: 'KMS.0207', status: 404 }])
  expect(lines.map(mostOf)).toEqual(['store_ms'])
})

test('a call that is not slow is no line', async () => {
  await app.call('ShowVersions', {})
  await app.send('GET', '/v1.0/nowhere')
  await app.send('GET', '/metrics')
  expect([lines, counted]).toEqual([[], []])
})

/** The stage with the most time. */
function mostOf(line: Record<string, unknown> | undefined): string | undefined {
  const times = Object.entries(line ?? {}).filter(([name]) => /^(?!duration).*_ms$/.test(name))
  return times.toSorted(([, a], [, b]) => Number(b) - Number(a))[0]?.[0]
}
