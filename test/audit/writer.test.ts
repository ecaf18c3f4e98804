import { statSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { HsmError } from '../../src/core/hsm.js'
import { until } from '../support/agents.js'
import { AuditBench, event, operationsOf } from './audit-bench.js'

let bench: AuditBench
beforeEach(() => {
  bench = new AuditBench()
})
afterEach(() => bench.remove())

test('leaves no trace before the first event', async () => {
  const writer = await bench.open()
  await writer.close()
  expect(() => statSync(bench.folder)).toThrow('ENOENT')
})

test('keeps events in order in a chain that the HSM signs at its beginning and at its end', async () => {
  const writer = await bench.open()
  await writer.record(event('One'))
  await until(() => bench.told.includes('signed'))
  await writer.record(event('Two', { status: 403, outcome: 'refused', code: 'KMS.0307' }))
  await writer.close()
  const chain = bench.chain()
  expect(chain.map(({ type }) => type)).toEqual([
    'opened',
    'event',
    'checkpoint',
    'event',
    'closed',
  ])
  expect(operationsOf(chain)).toEqual(['One', 'Two'])
  expect(chain.at(-1)).toMatchObject({ signed_n: 4 })
  await expect(writer.record(event('Late'))).rejects.toThrow('closed')
  expect(writer.fault()).toContain('closed')
})

test('is readable by its owner alone', async () => {
  const writer = await bench.open()
  await writer.record(event('One'))
  const [chain = ''] = readdirSync(bench.folder)
  expect(statSync(bench.folder).mode & 0o777).toBe(0o700)
  expect(statSync(join(bench.folder, chain)).mode & 0o777).toBe(0o700)
  expect(statSync(join(bench.folder, chain, '00000001.jsonl')).mode & 0o777).toBe(0o600)
})

test('writes what comes at once with one confirmation', async () => {
  const writer = await bench.open()
  await writer.record(event('First'))
  await until(() => bench.told.includes('signed'))
  const before = { ...bench.disk }
  await Promise.all(Array.from({ length: 500 }, (_, at) => writer.record(event(`E${at}`))))
  expect(bench.disk.writes - before.writes).toBeLessThanOrEqual(3)
  await writer.close()
  expect(operationsOf(bench.chain())).toHaveLength(501)
})

test('answers nobody before the confirmation', async () => {
  const writer = await bench.open()
  await writer.record(event('First'))
  let confirmed = 0
  for (let turn = 0; turn < 20; turn++) {
    const before = bench.disk.writes
    await writer.record(event('Next'))
    if (bench.disk.writes > before) confirmed++
  }
  expect(confirmed).toBe(20)
})

test('goes on with a write that takes fewer bytes than asked', async () => {
  bench.disk.takes = 100
  const writer = await bench.open()
  await Promise.all(['One', 'Two', 'Three'].map((name) => writer.record(event(name))))
  await writer.close()
  expect(operationsOf(bench.chain())).toEqual(['One', 'Two', 'Three'])
})

test('goes on in another file, and has the chain signed there', async () => {
  const writer = await bench.open({ maxFileBytes: 1000 })
  for (let turn = 0; turn < 20; turn++) await writer.record(event(`E${turn}`))
  await writer.close()
  const [chain = ''] = readdirSync(bench.folder)
  const files = readdirSync(join(bench.folder, chain))
  expect(files.length).toBeGreaterThan(3)
  for (const name of files.slice(0, -1)) {
    expect(statSync(join(bench.folder, chain, name)).size).toBeGreaterThanOrEqual(1000)
  }
  expect(operationsOf(bench.chain())).toHaveLength(20)
  const signed = bench.chain().filter(({ type }) => type === 'checkpoint')
  expect(signed.length).toBeGreaterThan(2)
})

test('signs at intervals while there are events, and not for its own checkpoints', async () => {
  const writer = await bench.open({ checkpointMs: 20 })
  await writer.record(event('One'))
  await until(() => bench.told.includes('signed'))
  await new Promise((resolve) => setTimeout(resolve, 150))
  expect(bench.chain().filter(({ type }) => type === 'checkpoint')).toHaveLength(1)
  await writer.record(event('Two'))
  await until(() => bench.chain().filter(({ type }) => type === 'checkpoint').length === 2)
})

test('does without signatures while the HSM is away, and signs when it is back', async () => {
  const writer = await bench.open({ checkpointMs: 20 })
  bench.hsmFailure = new HsmError('unavailable', 'The token is away.')
  await writer.record(event('One'))
  await until(() => bench.told.includes('not signed'))
  expect(writer.fault()).toBeUndefined()
  await writer.record(event('Two'))
  expect(bench.chain().map(({ type }) => type)).toEqual(['opened', 'event', 'event'])
  bench.hsmFailure = undefined
  await until(() => bench.told.includes('signed'))
  bench.hsmFailure = new HsmError('unavailable', 'The token is away.')
  await writer.close()
  expect(bench.chain().some(({ type }) => type === 'closed')).toBe(false)
})

test('keeps its numbers when the clock goes back, and says by how much', async () => {
  let now = Date.UTC(2030, 0, 1)
  const writer = await bench.open({ clock: () => now })
  await writer.record(event('One', { time: now }))
  now -= 5000
  await writer.record(event('Two', { time: now }))
  await writer.close()
  const two = bench.chain().find((record) => record.type === 'event' && record.operation === 'Two')
  expect(two).toMatchObject({ clock_back_ms: 5000, time: '2029-12-31T23:59:55.000Z' })
})

test('two writers share a folder, each with a chain, and the next names where both ended', async () => {
  const [one, other] = [await bench.open(), await bench.open()]
  await Promise.all(
    Array.from({ length: 200 }, (_, at) => (at % 2 ? one : other).record(event(`E${at}`))),
  )
  await one.close()
  await other.close()
  const ended = bench.chains()
  expect(ended.map((chain) => operationsOf(chain).length)).toEqual([100, 100])
  const third = await bench.open()
  await third.record(event('Third'))
  await third.close()
  const opened = bench.chains().find((chain) => operationsOf(chain).includes('Third'))?.[0]
  const heads = opened?.type === 'opened' ? opened.heads : []
  expect(heads.map(({ writer, n }) => `${writer} ${n}`).sort()).toEqual(
    ended.map((chain) => `${chain[0]?.writer} ${chain.length}`).sort(),
  )
  const fourth = await bench.open()
  await fourth.record(event('Fourth'))
  const next = bench.chains().find((chain) => operationsOf(chain).includes('Fourth'))?.[0]
  // What a chain names need not be named again.
  expect(next?.type === 'opened' && next.heads.map(({ writer }) => writer)).toEqual([
    opened?.writer,
  ])
})
