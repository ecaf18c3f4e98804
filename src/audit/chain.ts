import {
  type ChainHead,
  type EventFields,
  NO_RECORD,
  type OpenedRecord,
  type RecordPlace,
  type SignedRecord,
  encodeAuditRecord,
  encodeEvent,
  hashAuditLine,
} from '../codec/audit-record.js'

/** A record that has no place in a chain yet. */
export type Entry = { readonly time: number } & (
  | ({ readonly type: 'event' } & EventFields)
  | ({ readonly type: 'opened' } & Pick<OpenedRecord, 'heads' | 'public_key' | 'software'>)
  | ({ readonly type: SignedRecord['type'] } & Pick<
      SignedRecord,
      'signed_hash' | 'signed_n' | 'signature'
    >)
)

/** The end of a chain: what the next record follows. */
export interface ChainEnd extends ChainHead {
  /** Milliseconds since 1970, as the last record states it. */
  readonly time: number
}

/** The end of a chain that has no record yet. */
export function newChain(writer: string): ChainEnd {
  return { writer, n: 0, hash: NO_RECORD, time: 0 }
}

/** Puts entries at the end of a chain: their lines, each with its line feed, and the new end. */
export function extend(
  end: ChainEnd,
  entries: readonly Entry[],
): { readonly bytes: Buffer; readonly end: ChainEnd } {
  let text = ''
  let last = end
  for (const entry of entries) {
    const place = placeAfter(last, entry.time)
    const line =
      entry.type === 'event' ? encodeEvent(place, entry) : encodeAuditRecord({ ...entry, ...place })
    last = { writer: end.writer, n: last.n + 1, hash: hashAuditLine(line), time: entry.time }
    text += `${line}\n`
  }
  return { bytes: Buffer.from(text), end: last }
}

function placeAfter({ writer, n, hash, time: before }: ChainEnd, time: number): RecordPlace {
  const back = before - time
  return {
    writer,
    n: n + 1,
    prev: hash,
    time: new Date(time).toISOString(),
    clock_back_ms: back > 0 ? back : undefined,
  }
}
