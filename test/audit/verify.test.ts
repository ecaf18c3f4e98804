import { createPublicKey, sign } from 'node:crypto'
import { appendFile, readFile, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { traceOf } from '../../src/audit/export/trace.js'
import { mergedEvents } from '../../src/audit/export/merged-events.js'
import { type ChainReport, verifyLog } from '../../src/audit/verify/verify-log.js'
import {
  type AuditRecord,
  checkpointText,
  encodeAuditRecord,
  hashAuditLine,
} from '../../src/codec/audit-record.js'
import { decodeAuditRecord } from '../../src/codec/decode-audit-record.js'
import { freshPair } from '../support/fresh-pair.js'
import { AuditBench, event } from './audit-bench.js'

let bench: AuditBench
let writers: string[]
beforeEach(async () => {
  bench = new AuditBench()
  writers = []
  // Two chains of ten events each, of three files; the second names the end of the first.
  for (const name of ['First', 'Second']) {
    const before = new Set(writers)
    const writer = await bench.open({ maxFileBytes: 1200 })
    for (let index = 0; index < 10; index += 1) await writer.record(event(`${name}${index}`))
    await writer.close()
    const now = await readdir(bench.folder)
    writers.push(now.find((entry) => /^[0-9a-f]{32}$/.test(entry) && !before.has(entry)) ?? '')
  }
})
afterEach(() => bench.remove())

function verified(publicKey = bench.publicKey): Promise<readonly ChainReport[]> {
  return verifyLog(bench.folder, { publicKeys: [publicKey] })
}

async function flaws(): Promise<readonly string[]> {
  const reports = await verified()
  return reports.flatMap(({ flaw }) => (flaw ? [`${flaw.file}:${flaw.line} ${flaw.sentence}`] : []))
}

function path(chain = 0, file = 1): string {
  return join(bench.folder, writers[chain] ?? '', `${String(file).padStart(8, '0')}.jsonl`)
}

async function lines(chain = 0, file = 1): Promise<string[]> {
  return (await readFile(path(chain, file), 'utf8')).split('\n').slice(0, -1)
}

async function write(all: readonly string[], chain = 0, file = 1): Promise<void> {
  await writeFile(path(chain, file), all.map((line) => `${line}\n`).join(''))
}

/** Every record of a chain in one file, as whoever can write the folder would rewrite it. */
async function rewrite(chain: number, change: (record: AuditRecord) => AuditRecord | undefined) {
  const folder = join(bench.folder, writers[chain] ?? '')
  const files = (await readdir(folder)).sort()
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
  const records = texts.join('').split('\n').slice(0, -1).map(decodeAuditRecord)
  let n = 0
  let prev = '0'.repeat(64)
  const rewritten = records.flatMap((record) => {
    const changed = change(record)
    if (!changed) return []
    const line = encodeAuditRecord({ ...changed, n: (n += 1), prev })
    prev = hashAuditLine(line)
    return [line]
  })
  for (const file of files.slice(1)) await rm(join(folder, file))
  await write(rewritten, chain)
}

test('finds a log as it was written', async () => {
  const reports = await verified()
  expect(reports).toHaveLength(2)
  for (const report of reports) {
    expect(report).toMatchObject({ events: 10, closed: true, torn: false, flaw: undefined })
    expect(report.signedN).toBe((report.head?.n ?? 0) - 1)
  }
  expect((await readdir(join(bench.folder, writers[0] ?? ''))).length).toBeGreaterThan(2)
})

test('finds any byte that was changed', async () => {
  const original = await readFile(path())
  for (let at = 0; at < original.length; at += 7) {
    const changed = Buffer.from(original)
    changed[at] = (changed[at] ?? 0) ^ 1
    await writeFile(path(), changed)
    expect([at, (await flaws()).length]).toEqual([at, expect.any(Number)])
    expect((await flaws())[0]).toContain(writers[0])
  }
  await writeFile(path(), original)
  expect(await flaws()).toEqual([])
}, 120_000)

describe('a log that was tampered with', () => {
  const tamperings: Readonly<Record<string, () => Promise<void>>> = {
    'an event removed': async () => write((await lines()).toSpliced(2, 1)),
    'an event twice': async () => {
      const all = await lines()
      await write(all.toSpliced(2, 0, all[2] ?? ''))
    },
    'two events exchanged': async () => {
      const all = await lines()
      await write(all.toSpliced(1, 2, all[2] ?? '', all[1] ?? ''))
    },
    'an event of another chain': async () => {
      const [, other = ''] = await lines(1)
      await write((await lines()).toSpliced(2, 0, other))
    },
    'an empty line': async () => write((await lines()).toSpliced(2, 0, '')),
    'a carriage return': async () => write((await lines()).map((line) => `${line}\r`)),
    'a byte order mark': async () => write((await lines()).with(0, `\ufeff${(await lines())[0]}`)),
    'bytes that are no text': () => appendFile(path(0, 2), Buffer.of(0xff, 0x0a)),
    'a very long line': () => appendFile(path(0, 2), 'x'.repeat(2 * 1024 * 1024)),
    'a file gone from the middle': () => rm(path(0, 2)),
    'the first file gone': () => rm(path(0, 1)),
    'a file under another name': () => rename(path(0, 2), path(0, 2).replace('2.jsonl', '9.jsonl')),
    'a file that nobody wrote': () => writeFile(path().replace('00000001', 'x'), ''),
    'the last record cut off, which another chain knows': async () => {
      const files = (await readdir(join(bench.folder, writers[0] ?? ''))).length
      await write((await lines(0, files)).slice(0, -1), 0, files)
    },
    'half a record in a file that is not the last': async () => {
      const { length } = await readFile(path())
      await truncate(path(), length - 5)
    },
    'something behind the end': () => appendFile(path(0, 1), 'more'),
    'a chain gone that another one knows': () =>
      rm(join(bench.folder, writers[0] ?? ''), { recursive: true }),
    'a chain under another name': () =>
      rename(join(bench.folder, writers[1] ?? ''), join(bench.folder, 'a'.repeat(32))),
    'an event changed, and all hashes with it': () =>
      rewrite(0, (record) => (record.type === 'event' ? { ...record, code: 'KMS.0307' } : record)),
    'all signatures removed, and all hashes mended': () =>
      rewrite(0, (record) => ('signature' in record ? undefined : record)),
    'another audit key, and all signed anew': async () => {
      const { publicKey, privateKey } = freshPair('ec', { namedCurve: 'P-256' })
      const public_key = publicKey.export({ type: 'spki', format: 'der' }).toString('hex')
      let hash = ''
      await rewrite(1, (record) => {
        if (record.type === 'opened') {
          hash = hashAuditLine(encodeAuditRecord({ ...record, public_key }))
          return { ...record, public_key }
        }
        if (!('signature' in record)) return undefined
        const about = { ...record, signed_n: 1, signed_hash: hash }
        const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const
        const signature = sign('sha256', Buffer.from(checkpointText(about)), key).toString('hex')
        return record.type === 'closed' ? { ...about, signature } : undefined
      })
    },
  }

  test.each(Object.entries(tamperings))('%s', async (_name, tamper) => {
    await tamper()
    const found = await flaws()
    expect(found).not.toEqual([])
    expect(found[0]).toMatch(/^[0-9a-f]{32}(\/\w+\.jsonl)?:(\d+|undefined) [A-Z].*\.$/)
  })
})

test('names the first bad record', async () => {
  const all = await lines(1)
  await write(all.with(2, (all[2] ?? '').replace('Second', 'Zecond')), 1)
  expect(await flaws()).toEqual([
    expect.stringMatching(new RegExp(`^${writers[1]}/00000001.jsonl:4 It does not follow`)),
  ])
})

test('knows what was cut off from a list of heads that was kept elsewhere', async () => {
  const heads = (await verified()).flatMap(({ head }) => head ?? [])
  const [last = ''] = writers.slice(1)
  await rm(join(bench.folder, last), { recursive: true })
  expect(await flaws()).toEqual([])
  const reports = await verifyLog(bench.folder, { publicKeys: [bench.publicKey], heads })
  expect(reports.flatMap(({ flaw }) => flaw?.sentence ?? [])).toEqual([
    expect.stringMatching(/^The chain is gone; the list of heads knows its record \d+\.$/),
  ])
})

test('takes half a record at the end for what a killed writer left', async () => {
  const writer = await bench.open()
  await writer.record(event('Third'))
  const now = await readdir(bench.folder)
  const third = now.find((name) => /^[0-9a-f]{32}$/.test(name) && !writers.includes(name)) ?? ''
  await appendFile(join(bench.folder, third, '00000001.jsonl'), '{"clock_')
  const reports = await verified()
  const report = reports.find((one) => one.writer === third)
  expect(report).toMatchObject({ torn: true, closed: false, flaw: undefined, events: 1 })
})

test('says so when it is asked with another key', async () => {
  const { publicKey } = freshPair('ec', { namedCurve: 'P-256' })
  const reports = await verified(publicKey)
  expect(reports.map(({ flaw }) => flaw?.sentence)).toEqual([
    'The chain names another audit key.',
    'The chain names another audit key.',
  ])
  expect(createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })).type).toBe('public')
})

test('gives out the events of all chains by time, in both forms', async () => {
  const events = []
  const span = { from: -Infinity, to: Infinity }
  for await (const one of mergedEvents(bench.folder, span)) events.push(one)
  expect(events).toHaveLength(20)
  expect(events.map(({ time }) => time)).toEqual(events.map(({ time }) => time).sort())
  expect(events.map(({ operation }) => operation)).toContain('Second9')
  const [one] = events
  if (!one) throw new Error('There are events.')
  const middle = Date.parse(one.time)
  const none = []
  for await (const early of mergedEvents(bench.folder, { from: 0, to: middle })) none.push(early)
  expect(none).toEqual([])
  expect(traceOf({ ...one, address: '192.0.2.1', user_id: 'u', key_id: 'k' })).toMatchObject({
    trace_id: `${one.writer}-${one.n}`,
    trace_name: 'First0',
    trace_rating: 'normal',
    trace_type: 'ApiCall',
    source_ip: '192.0.2.1',
    resource_type: 'cmk',
    resource_id: 'k',
    user: { id: 'u' },
  })
  expect(traceOf({ ...one, outcome: 'refused' })).toMatchObject({
    trace_rating: 'warning',
    trace_type: 'SystemAction',
  })
})
