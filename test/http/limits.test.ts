import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createCallLimits } from '../../src/limits/call-rates.js'
import { OTHER_PROJECT, type TestApp, startApp } from './start-app.js'

let app: TestApp
beforeAll(async () => {
  app = await startApp({ app: { limits: createCallLimits({ perAddress: 40, perCaller: 10 }) } })
})
afterAll(() => app.close())

test('a caller, then an address, that calls too often is told to wait, and leaves its trace', async () => {
  const replies = await Promise.all(Array.from({ length: 20 }, () => app.call('ListKeys', {})))
  const refused = replies.filter(({ status }) => status === 429)
  // The second may change in between; then twice as many are admitted.
  expect(refused.length).toBeGreaterThanOrEqual(1)
  const [one] = refused
  expect(one?.json).toEqual({
    error_code: 'APIGW.0308',
    error_msg: expect.stringMatching(/^This access key or user has made its calls/),
    request_id: one?.headers['x-request-id'],
  })
  expect(one?.headers['retry-after']).toBe('1')
  const traces = app.audit.events.filter(({ code }) => code === 'APIGW.0308')
  expect(traces).toHaveLength(refused.length)
  expect((await app.call('ListKeys', {}, { project: OTHER_PROJECT })).status).toBe(200)
  const many = Array.from({ length: 90 }, () =>
    app.send('POST', '/v1.0/x/kms/list-keys', { body: '{}' }),
  )
  const told = (await Promise.all(many)).filter(({ status }) => status === 429)
  expect(String(told[0]?.json['error_msg'])).toMatch(/^This address has made its calls/)
})
