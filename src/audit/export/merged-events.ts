import { join } from 'node:path'
import type { EventRecord } from '../../codec/audit-record.js'
import { decodeAuditRecord } from '../../codec/decode-audit-record.js'
import { errorCode } from '../error-code.js'
import { chainFolders, fileName } from '../verify/audit-folder.js'
import { auditLines } from '../verify/audit-lines.js'

/** From when to when, in milliseconds since 1970; the end is not part of it. */
export interface TimeSpan {
  readonly from: number
  readonly to: number
}

/**
 * Gives the events of all chains, by time; those of one chain stay in its order, also where its clock went back.
 *
 * @throws MalformedRecord for a line that is none; Error of the system
 */
export async function* mergedEvents(folder: string, span: TimeSpan): AsyncIterable<EventRecord> {
  const chains: Ahead[] = []
  for (const writer of await chainFolders(folder)) {
    const events = eventsOf(join(folder, writer))[Symbol.asyncIterator]()
    await advance(chains, events)
  }
  for (;;) {
    // A folder has tens of chains, a thousand at most: looking through them costs less than reading the line.
    const [first] = chains.splice(earliest(chains), 1)
    if (!first) return
    const time = Date.parse(first.event.time)
    if (time >= span.from && time < span.to) yield first.event
    await advance(chains, first.events)
  }
}

/** A chain with the event that comes next. */
interface Ahead {
  readonly events: AsyncIterator<EventRecord>
  readonly event: EventRecord
}

async function advance(chains: Ahead[], events: AsyncIterator<EventRecord>): Promise<void> {
  const next = await events.next()
  if (next.done !== true) chains.push({ events, event: next.value })
}

function earliest(chains: readonly Ahead[]): number {
  let found = 0
  for (const [index, { event }] of chains.entries()) {
    if (event.time < (chains[found]?.event.time ?? '')) found = index
  }
  return found
}

async function* eventsOf(folder: string): AsyncIterable<EventRecord> {
  for (let number = 1; ; number += 1) {
    try {
      for await (const { bytes, whole } of auditLines(join(folder, fileName(number)))) {
        if (!whole) continue
        const record = decodeAuditRecord(bytes.toString())
        if (record.type === 'event') yield record
      }
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return
      throw error
    }
  }
}
