import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type DueWorkTimerParts, startDueWork } from '../../src/due-work-timer.js'
import { parseKeyId } from '../../src/core/ids.js'
import type { Outlook } from '../../src/core/outlook.js'
import { startLog } from '../../src/telemetry/log.js'
import { type TestApp, startApp } from '../http/start-app.js'
import { type MemoryAudit, memoryAudit } from '../support/open-doors.js'

const MINUTE = 60_000

let app: TestApp
beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

interface Watched {
  readonly parts: DueWorkTimerParts
  readonly lines: Record<string, unknown>[]
  readonly counts: string[]
  readonly gauges: { ran: number; held: boolean | undefined; outlook: Outlook | undefined }
  readonly audit: MemoryAudit
}

function watched(changed: Partial<DueWorkTimerParts> = {}): Watched {
  const lines: Record<string, unknown>[] = []
  const counts: string[] = []
  const gauges: Watched['gauges'] = { ran: 0, held: undefined, outlook: undefined }
  const audit = memoryAudit()
  const { keys, importPairs, tokens } = app.service
  const parts: DueWorkTimerParts = {
    keys,
    importPairs,
    tokens,
    log: startLog('info', {
      write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>),
    }),
    audit: { ...audit, unavailable: () => undefined },
    count: (work, outcome) => counts.push(`${work} ${outcome}`),
    outlook: app.database.outlook,
    gauges: {
      ran: (time) => (gauges.ran = time),
      held: (held) => (gauges.held = held),
      outlook: (outlook) => (gauges.outlook = outlook),
    },
    intervalMs: 5,
    ...changed,
  }
  return { parts, lines, counts, gauges, audit }
}

async function until(condition: () => boolean): Promise<void> {
  const limit = Date.now() + 5_000
  while (!condition()) {
    if (Date.now() > limit) throw new Error('It did not happen.')
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

async function scheduled(): Promise<{ readonly key_id: string; readonly dueAt: number }> {
  const key_id = await app.createCmk()
  await app.call('DeleteKey', { key_id, pending_days: '7' })
  const id = parseKeyId(key_id)
  const cmk = id && (await app.service.keys.findAnywhere(id))
  return { key_id, dueAt: cmk?.deletionAt ?? NaN }
}

test('works at the start and at its interval, and logs and counts what it did', async () => {
  const { key_id, dueAt } = await scheduled()
  let wall = dueAt - 1
  const { parts, lines, counts, audit } = watched({ read: () => ({ wall, monotonic: 0 }) })
  const timer = startDueWork(parts)
  try {
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(counts).toEqual([])
    wall = dueAt
    await until(() => counts.length > 0)
    expect(counts).toEqual(['destruction done'])
    expect(lines).toMatchObject([
      { level: 'info', msg: 'key destroyed', work: 'destruction', key_id, versions: [1] },
    ])
    expect(audit.events).toMatchObject([
      { operation: 'DestroyKey', keyId: key_id, outcome: 'done', details: { versions: '1' } },
    ])
  } finally {
    await timer.close()
  }
})

test('does nothing while the audit log takes no events', async () => {
  const { dueAt } = await scheduled()
  let fault: string | undefined = 'The disk is full.'
  const { parts, counts } = watched({
    audit: { ...memoryAudit(), unavailable: () => fault },
    read: () => ({ wall: dueAt, monotonic: 0 }),
  })
  const timer = startDueWork(parts)
  try {
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(counts).toEqual([])
    fault = undefined
    await until(() => counts.includes('destruction done'))
  } finally {
    await timer.close()
  }
})

test('does not believe a clock that jumped, and says so', async () => {
  const { key_id, dueAt } = await scheduled()
  let reading = { wall: dueAt - 60 * MINUTE, monotonic: 0 }
  const { parts, lines, counts } = watched({ read: () => reading })
  const timer = startDueWork(parts)
  try {
    reading = { wall: dueAt + MINUTE, monotonic: 1 }
    await until(() => counts.includes('destruction held'))
    expect(lines).toMatchObject([
      { level: 'warn', jumped_ms: 61 * MINUTE - 1 },
      { level: 'warn', key_id },
    ])
    expect(counts).not.toContain('destruction done')
    reading = { wall: dueAt + 17 * MINUTE, monotonic: 16 * MINUTE }
    await until(() => counts.includes('destruction done'))
  } finally {
    await timer.close()
  }
})

test('never overlaps, goes on after a failure, and close waits for what is under way', async () => {
  let running = 0
  let most = 0
  let runs = 0
  const { keys } = app.service
  const { parts, lines } = watched({
    keys: {
      ...keys,
      async claimDue(request) {
        running += 1
        runs += 1
        most = Math.max(most, running)
        await new Promise((resolve) => setTimeout(resolve, 20))
        running -= 1
        if (runs === 1) throw new Error('The database is gone.')
        return keys.claimDue(request)
      },
    },
    intervalMs: 1,
  })
  const timer = startDueWork(parts)
  await until(() => runs >= 3 && running === 1)
  await timer.close()
  expect(running).toBe(0)
  expect(most).toBe(1)
  expect(lines.filter(({ level }) => level === 'error')).toHaveLength(1)
  const ended = runs
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect(runs).toBe(ended)
})

test('tells what is due and overdue, when it looked, and that it holds destruction back', async () => {
  const { key_id, dueAt } = await scheduled()
  const late = dueAt + 10 * MINUTE
  let reading = { wall: dueAt - 60 * MINUTE, monotonic: 0 }
  const { parts, counts, gauges } = watched({ read: () => reading })
  const timer = startDueWork(parts)
  try {
    await until(() => gauges.outlook !== undefined)
    expect(gauges).toMatchObject({ held: false, outlook: { due: 0, overdue: 0 } })
    // The clock jumps forward by more than an hour.
    reading = { wall: late, monotonic: 1000 }
    await until(() => gauges.ran === late && gauges.outlook?.due === 1)
    expect(counts).toContain('destruction held')
    expect(gauges.outlook).toMatchObject({ due: 1, overdue: 1, oldestDueAt: dueAt })
    expect(gauges.held).toBe(true)
    reading = { wall: late + 20 * MINUTE, monotonic: 1000 + 20 * MINUTE }
    await until(() => counts.includes('destruction done'))
    await until(() => gauges.outlook?.due === 0)
    expect(gauges.held).toBe(false)
    const id = parseKeyId(key_id)
    expect((id && (await app.service.keys.findAnywhere(id)))?.destroyedAt).toBeDefined()
  } finally {
    await timer.close()
  }
})

test('tells of no look while nothing can be recorded or the database is away', async () => {
  const noAudit = watched()
  const blocked = startDueWork({
    ...noAudit.parts,
    audit: { ...noAudit.audit, unavailable: () => 'The disk is full.' },
  })
  await until(() => noAudit.gauges.outlook !== undefined)
  await blocked.close()
  const noDatabase = watched({
    keys: { ...app.service.keys, claimDue: () => Promise.reject(new Error('away')) },
  })
  const failing = startDueWork(noDatabase.parts)
  await until(() => noDatabase.lines.length > 0)
  await failing.close()
  expect([noAudit.gauges.ran, noDatabase.gauges.ran]).toEqual([0, 0])
})
