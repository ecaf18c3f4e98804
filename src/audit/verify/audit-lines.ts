import { createReadStream } from 'node:fs'
import { MAX_AUDIT_LINE_BYTES } from '../../codec/audit-record.js'

const LINE_FEED = 0x0a

/** A line of a file, or what stands behind the last line feed of it. */
export interface AuditLine {
  /** From 1. */
  readonly line: number
  readonly bytes: Buffer
  /** False for what has no line feed: a writer was killed in the middle of it, or is at it now. */
  readonly whole: boolean
}

/**
 * Reads a file line by line, the bytes as they are. A line that is longer than any of the log is given as far as it was
 * read, and is the last one.
 *
 * @throws Error of the system
 */
export async function* auditLines(path: string): AsyncIterable<AuditLine> {
  let rest: Buffer = Buffer.alloc(0)
  let line = 0
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED)) {
      line += 1
      yield { line, bytes: bytes.subarray(0, end), whole: true }
      bytes = bytes.subarray(end + 1)
    }
    rest = Buffer.from(bytes)
    if (rest.length > MAX_AUDIT_LINE_BYTES) break
  }
  if (rest.length > 0) yield { line: line + 1, bytes: rest, whole: false }
}
