import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { AuditUnavailable } from '../../src/core/audit-event.js'
import { mountSmallFileSystem, whyNoMount } from '../store/small-file-system.js'
import { until } from '../support/agents.js'
import { describeUnless } from '../support/describe-unless.js'
import { AuditBench, chainsIn, event, operationsOf, systemError } from './audit-bench.js'

let bench: AuditBench
beforeEach(() => {
  bench = new AuditBench()
})
afterEach(() => bench.remove())

function recovered(): boolean {
  return bench.told.includes('recovered')
}

describe.each([
  ['write', 'ENOSPC'],
  ['write', 'EIO'],
  ['write', 'EROFS'],
] as const)('%s failing with %s', (call, code) => {
  test('refuses work, keeps what waits, and writes it when the disk is back', async () => {
    const writer = await bench.open({ patienceMs: 300 })
    await writer.record(event('Before'))
    bench.disk.fails[call] = systemError(code)
    const waiting = writer.record(event('Waiting'))
    await expect(waiting).rejects.toThrow(AuditUnavailable)
    expect(writer.fault()).toContain(code)
    expect(writer.fault()).toContain(code)
    expect(writer.unavailable()).toContain(code)
    expect(operationsOf(bench.chain())).toContain('Before')
    bench.disk.fails = {}
    await until(recovered)
    expect(writer.fault()).toBeUndefined()
    await writer.record(event('After'))
    await writer.close()
    const chain = bench.chain()
    expect(operationsOf(chain)).toEqual(['Before', 'Waiting', 'RecoverAuditLog', 'After'])
    expect(chain.find((record) => record.type === 'event' && record.details)).toMatchObject({
      operation: 'RecoverAuditLog',
      details: { refused_calls: '2', reason: expect.stringContaining(code) },
    })
    expect(bench.told.filter((line) => line.includes(code))).toHaveLength(1)
    expect(bench.told.filter((line) => line === 'refused')).toHaveLength(2)
  })
})

test('a disk that is full before the first event begins one chain, however often it tries', async () => {
  bench.disk.fails.write = systemError('ENOSPC')
  const writer = await bench.open({ patienceMs: 200 })
  await expect(writer.record(event('One'))).rejects.toThrow(AuditUnavailable)
  await new Promise((resolve) => setTimeout(resolve, 1500))
  bench.disk.fails = {}
  await until(recovered)
  await writer.close()
  expect(operationsOf(bench.chain())).toEqual(['One', 'RecoverAuditLog'])
})

test('a file that cannot be cut back is not written to', async () => {
  const writer = await bench.open({ patienceMs: 200 })
  await writer.record(event('Before'))
  bench.disk.fails = { write: systemError('EIO'), cut: systemError('EIO') }
  await expect(writer.record(event('Waiting'))).rejects.toThrow(AuditUnavailable)
  delete bench.disk.fails.write
  await new Promise((resolve) => setTimeout(resolve, 1200))
  expect(writer.unavailable()).toContain('EIO')
  bench.disk.fails = {}
  await until(recovered)
  await writer.close()
  expect(operationsOf(bench.chain())).toEqual(['Before', 'Waiting', 'RecoverAuditLog'])
})

test('a disk that does not answer refuses work after a while', async () => {
  let stuck = true
  const { create } = bench.disk
  const writer = await bench.open({
    patienceMs: 200,
    async create(path) {
      const file = await create(path)
      return {
        ...file,
        async write(bytes) {
          await until(() => !stuck)
          return file.write(bytes)
        },
      }
    },
  })
  await expect(writer.record(event('Stuck'))).rejects.toThrow('too long')
  expect(writer.fault()).toContain('too long')
  stuck = false
  await until(() => writer.unavailable() === undefined)
})

test('files that were taken away begin a chain that names the one that is missing', async () => {
  const writer = await bench.open()
  await writer.record(event('Gone'))
  await until(() => bench.told.includes('signed'))
  const [lost] = bench.chain()
  rmSync(bench.folder, { recursive: true })
  // Nobody is told that an event is kept which nobody could find.
  await writer.record(event('Kept'))
  await writer.close()
  const chain = bench.chain()
  expect(operationsOf(chain)).toEqual(['Kept', 'RecoverAuditLog'])
  expect(chain[0]).toMatchObject({ type: 'opened', heads: [{ writer: lost?.writer }] })
})

test('a folder that is no folder refuses work until it is one', async () => {
  writeFileSync(bench.folder, '')
  const writer = await bench.open({ patienceMs: 200 })
  await expect(writer.record(event('One'))).rejects.toThrow(AuditUnavailable)
  expect(writer.unavailable()).toMatch(/EEXIST|ENOTDIR/)
  rmSync(bench.folder)
  await until(recovered)
  expect(operationsOf(bench.chain())).toContain('One')
})

describeUnless(whyNoMount(), 'a file system of one megabyte', () => {
  test('that is full refuses work, and goes on when there is room', async () => {
    const disk = mountSmallFileSystem()
    const folder = join(disk.folder, 'audit')
    const writer = await bench.open({ folder, patienceMs: 300 })
    try {
      const kept: string[] = []
      writeFileSync(join(disk.folder, 'filler'), Buffer.alloc(700 * 1024))
      for (let turn = 0; writer.unavailable() === undefined && turn < 5000; turn++) {
        const name = `E${turn}`
        await writer.record(event(name)).then(
          () => kept.push(name),
          () => undefined,
        )
      }
      expect(writer.fault()).toContain('ENOSPC')
      expect(kept.length).toBeGreaterThan(100)
      rmSync(join(disk.folder, 'filler'))
      await until(recovered)
      await writer.close()
      const [chain = []] = chainsIn(folder, undefined)
      expect(operationsOf(chain)).toEqual(expect.arrayContaining(kept))
      expect(operationsOf(chain)).toContain('RecoverAuditLog')
      expect(chain.at(-1)?.type).toBe('closed')
      const [writerName = ''] = readdirSync(folder)
      expect(statSync(join(folder, writerName, '00000001.jsonl')).size).toBeGreaterThan(0)
    } finally {
      await writer.close()
      disk.remove()
    }
  }, 30_000)

  test('that turns read-only refuses work', async () => {
    const disk = mountSmallFileSystem()
    const folder = join(disk.folder, 'audit')
    mkdirSync(folder)
    const writer = await bench.open({ folder, patienceMs: 200 })
    try {
      disk.makeReadOnly()
      await expect(writer.record(event('One'))).rejects.toThrow(AuditUnavailable)
      expect(writer.unavailable()).toContain('EROFS')
    } finally {
      await writer.close()
      disk.remove()
    }
  }, 30_000)
})
