import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { chainFolders } from '../audit/verify/audit-folder.js'
import { auditLines } from '../audit/verify/audit-lines.js'
import { type AuditRecord, MalformedRecord } from '../codec/audit-record.js'
import { decodeAuditRecord } from '../codec/decode-audit-record.js'

/** Clocks of two machines may differ by so much. */
const TOLERANCE_MS = 5_000

/** What the times of one chain show. Milliseconds since 1970. */
export interface ChainTimes {
  readonly writer: string
  readonly firstAt: number
  readonly clockBack: { readonly times: number; readonly mostMs: number }
  readonly inFuture: number
}

/** What is read off an audit log beside its verification. */
export interface ScannedLog {
  readonly chains: readonly ChainTimes[]
  /** When each access key was last used with success, by its id. */
  readonly lastUse: ReadonlyMap<string, number>
  /** Time of the oldest record; the time of the scan where there is none. */
  readonly since: number
}

/**
 * Reads every record of an audit log for its times and its access keys; whether they are right is told by whoever verifies.
 *
 * @throws Error of the system when the folder cannot be read
 */
export async function scanAuditLog(folder: string): Promise<ScannedLog> {
  const chains: ChainTimes[] = []
  const lastUse = new Map<string, number>()
  let since = Date.now()
  for (const writer of await chainFolders(folder)) {
    let [firstAt, times, mostMs, inFuture] = [0, 0, 0, 0]
    for await (const record of recordsOf(join(folder, writer))) {
      const time = Date.parse(record.time)
      if (firstAt === 0) firstAt = time
      since = Math.min(since, time)
      const back = record.clock_back_ms ?? 0
      if (back > 0) times++
      mostMs = Math.max(mostMs, back)
      if (time > Date.now() + TOLERANCE_MS) inFuture++
      if (record.type !== 'event' || record.outcome !== 'done') continue
      const { access_key_id: id } = record
      if (id !== undefined) lastUse.set(id, Math.max(time, lastUse.get(id) ?? 0))
    }
    chains.push({ writer, firstAt, clockBack: { times, mostMs }, inFuture })
  }
  return { chains, lastUse, since }
}

async function* recordsOf(folder: string): AsyncIterable<AuditRecord> {
  for (const name of (await readdir(folder)).sort()) {
    for await (const { bytes, whole } of auditLines(join(folder, name))) {
      const record = whole ? decoded(bytes) : undefined
      if (record) yield record
    }
  }
}

function decoded(bytes: Buffer): AuditRecord | undefined {
  try {
    return decodeAuditRecord(bytes.toString())
  } catch (error) {
    if (error instanceof MalformedRecord) return undefined
    throw error
  }
}
