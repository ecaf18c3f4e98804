import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { verifyApart } from '../../src/audit/verify/verify-apart.js'
import { verifyLog } from '../../src/audit/verify/verify-log.js'
import { until } from '../support/agents.js'
import { AuditBench, event } from './audit-bench.js'

/** So many take a thread some tenths of a second. */
const EVENTS = 20_000
const LOWEST = 19

let bench: AuditBench
beforeEach(async () => {
  bench = new AuditBench()
  const writer = await bench.open()
  await Promise.all(
    Array.from({ length: EVENTS / 2 }, (_, index) => writer.record(event(`a${index}`))),
  )
  await Promise.all(
    Array.from({ length: EVENTS / 2 }, (_, index) => writer.record(event(`b${index}`))),
  )
  await writer.close()
})
afterEach(() => bench.remove())

function order() {
  const publicKeys = [bench.publicKey.export({ format: 'der', type: 'spki' })]
  return { folder: bench.folder, publicKeys }
}

test('finds in a thread what is found without one', async () => {
  const reports = await verifyApart(order(), new AbortController().signal)
  expect(reports).toEqual(await verifyLog(bench.folder, { publicKeys: [bench.publicKey] }))
  expect(reports).toMatchObject([{ events: EVENTS, flaw: undefined }])
})

test('takes the processor time that is left over, in a process of its own', async () => {
  const verified = verifyApart(order(), new AbortController().signal)
  await until(() => niceChildren().length === 1)
  await verified
  expect(niceChildren()).toEqual([])
})

test('ends when it is told to', async () => {
  const ending = new AbortController()
  const verified = verifyApart(order(), ending.signal)
  await until(() => niceChildren().length === 1)
  ending.abort()
  expect(await verified).toBeUndefined()
  expect(await verifyApart(order(), ending.signal)).toBeUndefined()
  expect(niceChildren()).toEqual([])
})

test('outlives signals that are for the service', async () => {
  const verified = verifyApart(order(), new AbortController().signal)
  await until(() => niceChildren().length === 1)
  for (const signal of ['SIGINT', 'SIGTERM']) process.kill(niceChildren()[0] ?? 0, signal)
  expect(await verified).toMatchObject([{ events: EVENTS }])
})

test('says that it was killed', async () => {
  const verified = verifyApart(order(), new AbortController().signal)
  await until(() => niceChildren().length === 1)
  process.kill(niceChildren()[0] ?? 0, 'SIGKILL')
  await expect(verified).rejects.toThrow('ended before its time: SIGKILL')
})

test('says that there is no log', async () => {
  const missing = { ...order(), folder: join(bench.folder, 'nowhere') }
  await expect(verifyApart(missing, new AbortController().signal)).rejects.toThrow('ENOENT')
})

/** Children of this process with the lowest priority: fields 4 and 19 of proc_pid_stat(5), behind the name. */
function niceChildren(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const stat = statOf(pid)
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return Number(fields[1]) === process.pid && Number(fields[16]) === LOWEST
    })
    .map(Number)
}

function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return ''
  }
}
