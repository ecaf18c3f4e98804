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

test('takes the processor time that is left over, in a thread alone', async () => {
  const before = niceThreads()
  const verified = verifyApart(order(), new AbortController().signal)
  await until(() => niceThreads() === before + 1)
  await verified
  await until(() => niceThreads() === before)
})

test('ends when it is told to', async () => {
  const ending = new AbortController()
  const before = niceThreads()
  const verified = verifyApart(order(), ending.signal)
  await until(() => niceThreads() === before + 1)
  ending.abort()
  expect(await verified).toBeUndefined()
  expect(await verifyApart(order(), ending.signal)).toBeUndefined()
  await until(() => niceThreads() === before)
})

test('says that there is no log', async () => {
  const missing = { ...order(), folder: join(bench.folder, 'nowhere') }
  await expect(verifyApart(missing, new AbortController().signal)).rejects.toThrow('ENOENT')
})

/** Threads of this process with the lowest priority: field 19 of proc_pid_stat(5), the 17th behind the name. */
function niceThreads(): number {
  return readdirSync('/proc/self/task').filter((thread) => {
    const stat = statOf(thread)
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return Number(fields[16]) === LOWEST
  }).length
}

function statOf(thread: string): string {
  try {
    return readFileSync(`/proc/self/task/${thread}/stat`, 'utf8')
  } catch {
    return ''
  }
}
