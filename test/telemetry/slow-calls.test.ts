import { expect, test } from '@jest/globals'
import { SlowCalls } from '../../src/telemetry/slow-calls.js'
import { noTimes } from '../../src/telemetry/stages.js'

function watched() {
  const lines: Record<string, unknown>[] = []
  let now = 0
  const slow = new SlowCalls(
    100,
    { warn: (fields, message) => void lines.push({ ...fields, message }) },
    () => now,
  )
  return { slow, lines, pass: (ms: number) => (now += ms) }
}

test('says where the time of a call went, and what no stage accounts for', () => {
  const { slow, lines } = watched()
  slow.report({ request_id: 'r1' }, 500, { ...noTimes(), queue: 300, hsm: 150.1234, audit: 9.5 })
  expect(lines).toEqual([
    {
      request_id: 'r1',
      turn_ms: 0,
      receive_ms: 0,
      admit_ms: 0,
      authenticate_ms: 0,
      authorize_ms: 0,
      queue_ms: 300,
      hsm_ms: 150.123,
      store_ms: 0,
      audit_ms: 9.5,
      other_ms: 40.377,
      message: 'slow request',
    },
  ])
})

test('calls to the HSM that ran side by side leave nothing below zero', () => {
  const { slow, lines } = watched()
  slow.report({}, 100, { ...noTimes(), hsm: 180 })
  expect(lines).toMatchObject([{ hsm_ms: 180, other_ms: 0 }])
})

test('writes 20 lines in 10 seconds however many calls are slow, then says how many it left out', () => {
  const { slow, lines, pass } = watched()
  for (let call = 0; call < 5000; call++) {
    slow.report({}, 200, noTimes())
    pass(1)
  }
  expect(lines).toHaveLength(20)
  expect(lines.some((line) => 'left_out' in line)).toBe(false)
  pass(5000)
  slow.report({}, 200, noTimes())
  slow.report({}, 200, noTimes())
  expect(lines).toHaveLength(22)
  expect(lines[20]).toMatchObject({ left_out: 4980 })
  expect(lines[21]).not.toHaveProperty('left_out')
})
