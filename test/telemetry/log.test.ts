import { expect, test } from '@jest/globals'
import { HsmError } from '../../src/core/hsm.js'
import { type LogLevel, startLog } from '../../src/telemetry/log.js'

function open(level: LogLevel = 'info') {
  const lines: string[] = []
  const log = startLog(level, { write: (line) => void lines.push(line) })
  return { log, events: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) }
}

test('writes one JSON object a line, from its level upwards', () => {
  const { log, events } = open('warn')
  log.debug({}, 'no')
  log.info({}, 'no')
  log.warn({ a: 1 }, 'yes')
  log.error({ a: 2 }, 'yes')
  expect(events()).toMatchObject([
    { level: 'warn', a: 1, msg: 'yes' },
    { level: 'error', a: 2, msg: 'yes' },
  ])
})

test('redacts by name at any depth and in any case, and leaves its argument alone', () => {
  const { log, events } = open()
  const fields = {
    plain_text: 'SECRET',
    request: { headers: { Authorization: 'SECRET', 'X-Auth-Token': 'SECRET', host: 'x' } },
    list: [{ data_key: 'SECRET' }, 'kept'],
    bytes: Buffer.from('SECRET'),
    secretAccessKey: 'SECRET',
    deep: { a: { b: { c: { d: { e: 'SECRET' } } } } },
    pin: 1234,
  }
  const before = structuredClone(fields)
  log.info(fields, 'event')
  expect(JSON.stringify(events())).not.toMatch(/SECRET|1234|83,69,67/)
  expect(events()[0]).toMatchObject({
    plain_text: '[redacted]',
    request: { headers: { host: 'x' } },
    list: [{ data_key: '[redacted]' }, 'kept'],
  })
  expect(fields).toEqual(before)
})

test('says of an error its class, message, cause and PKCS#11 origin, and none of its own properties', () => {
  const { log, events } = open()
  const cause = new HsmError('fault', 'It broke.', { call: 'C_Sign', rv: 0x30 })
  const error = Object.assign(new Error('Outer.', { cause }), { query: 'SECRET', code: 'E_OUTER' })
  log.error({ err: error }, 'failed')
  expect(events()[0]?.['err']).toEqual({
    type: 'Error',
    message: 'Outer.',
    code: 'E_OUTER',
    stack: expect.stringContaining('log.test'),
    cause: {
      type: 'HsmError',
      message: 'It broke.',
      failure: 'fault',
      call: 'C_Sign',
      rv: '0x00000030',
      stack: expect.any(String),
    },
  })
})

test('survives an error that is its own cause, and one that is no error', () => {
  const { log, events } = open()
  const loop = new Error('Loop.')
  loop.cause = loop
  log.error({ err: loop }, 'failed')
  log.error({ err: 'SECRET' }, 'failed')
  expect(events()[1]?.['err']).toEqual({ type: 'string' })
  expect(JSON.stringify(events())).not.toContain('SECRET')
})
