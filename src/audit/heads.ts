import { type FileHandle, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type ChainHead,
  MAX_AUDIT_LINE_BYTES,
  MAX_HEADS,
  hashAuditLine,
} from '../codec/audit-record.js'
import { decodeAuditRecord } from '../codec/decode-audit-record.js'

const WRITER = /^[0-9a-f]{32}$/
const FILE = /^\d{8}\.jsonl$/
const FIRST_FILE = '00000001.jsonl'
const LINE_FEED = 0x0a
/** Most lines fit, so that one read is enough for them. */
const USUAL_BYTES = 4096

/** What a chain that begins names: the one before, where that was lost, and all others that no chain names yet. */
export async function headsToName(
  folder: string,
  lost: ChainHead | undefined,
): Promise<readonly ChainHead[]> {
  const others = await unnamedHeads(folder)
  if (!lost) return others
  const { hash, n, writer } = lost
  return [{ hash, n, writer }, ...others.filter((other) => other.writer !== writer)]
}

/**
 * The last records of the chains in an audit folder that no chain names yet. Of each chain the first line and the end of
 * its last file are read. What cannot be read is left out: judging the log is not the writer's affair.
 */
async function unnamedHeads(folder: string): Promise<readonly ChainHead[]> {
  const named = new Set<string>()
  const heads: ChainHead[] = []
  for (const writer of await namesIn(folder, WRITER)) {
    const chain = await readEnds(join(folder, writer))
    for (const head of chain?.names ?? []) named.add(keyOf(head))
    if (chain?.head?.writer === writer) heads.push(chain.head)
  }
  return heads.filter((head) => !named.has(keyOf(head))).slice(0, MAX_HEADS)
}

function keyOf({ writer, n, hash }: ChainHead): string {
  return `${writer} ${n} ${hash}`
}

async function readEnds(
  folder: string,
): Promise<
  { readonly names: readonly ChainHead[]; readonly head: ChainHead | undefined } | undefined
> {
  const files = await namesIn(folder, FILE)
  const first = await readLine(join(folder, FIRST_FILE), firstLine)
  const opened = first && decoded(first)
  for (const name of files.toReversed()) {
    const line = await readLine(join(folder, name), lastLine)
    const record = line && decoded(line)
    if (!record) continue
    const { writer, n } = record
    const names = opened?.type === 'opened' ? opened.heads : []
    return { names, head: { hash: hashAuditLine(line), n, writer } }
  }
  return undefined
}

async function namesIn(folder: string, form: RegExp): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => [])
  return names.filter((name) => form.test(name)).sort()
}

function decoded(line: Uint8Array) {
  try {
    return decodeAuditRecord(Buffer.from(line).toString())
  } catch {
    return undefined
  }
}

async function readLine(
  path: string,
  find: (file: FileHandle) => Promise<Uint8Array | undefined>,
): Promise<Uint8Array | undefined> {
  const file = await open(path).catch(() => undefined)
  try {
    return file && (await find(file))
  } catch {
    return undefined
  } finally {
    await file?.close()
  }
}

async function firstLine(file: FileHandle): Promise<Uint8Array | undefined> {
  for (const size of [USUAL_BYTES, MAX_AUDIT_LINE_BYTES + 1]) {
    const bytes = await readAt(file, 0, size)
    const end = bytes.indexOf(LINE_FEED)
    if (end >= 0) return bytes.subarray(0, end)
  }
  return undefined
}

/** The last line that is whole: what follows its line feed was never confirmed. */
async function lastLine(file: FileHandle): Promise<Uint8Array | undefined> {
  const { size } = await file.stat()
  for (const wanted of [USUAL_BYTES, 2 * (MAX_AUDIT_LINE_BYTES + 1)]) {
    const start = Math.max(0, size - wanted)
    const bytes = await readAt(file, start, size - start)
    const end = bytes.lastIndexOf(LINE_FEED)
    if (end < 0) continue
    const before = end === 0 ? -1 : bytes.lastIndexOf(LINE_FEED, end - 1)
    if (before >= 0 || start === 0) return bytes.subarray(before + 1, end)
  }
  return undefined
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position)
  return buffer.subarray(0, bytesRead)
}
