import { type KeyObject } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ChainHead } from '../../codec/audit-record.js'
import { chainFolders, fileName, firstRecord } from './audit-folder.js'
import { auditLines } from './audit-lines.js'
import { grouped } from '../../core/grouped.js'
import { BrokenChain, ChainJudge, type KnownHead } from './chain-judge.js'

/** The first place of a chain that is not as it was written. */
export interface Flaw {
  /** Relative to the audit folder; the folder of the chain where no file is at fault. */
  readonly file: string
  /** From 1; nothing where no line is at fault. */
  readonly line: number | undefined
  readonly sentence: string
}

/** What is to be said of one chain. */
export interface ChainReport {
  readonly writer: string
  /** Its last record that is right. */
  readonly head: ChainHead | undefined
  readonly events: number
  /** The last record that the HSM has vouched for; the records behind it could be cut off unnoticed. */
  readonly signedN: number
  /** Whether its writer has ended it. */
  readonly closed: boolean
  /** Whether half a record stands at its end. */
  readonly torn: boolean
  /** Time of its last record that is right, in milliseconds since 1970. */
  readonly time: number
  readonly flaw: Flaw | undefined
}

/**
 * Verifies an audit log, without the HSM: every record, its place, every signature, and that no chain lacks an end that
 * another chain, or a list of heads that was kept elsewhere, knows of.
 *
 * A chain is signed by one of the public keys, the one that it names at its beginning.
 *
 * The log may be written to meanwhile.
 *
 * @throws Error of the system when the folder cannot be read
 */
export async function verifyLog(
  folder: string,
  about: { readonly publicKeys: readonly KeyObject[]; readonly heads?: readonly ChainHead[] },
): Promise<readonly ChainReport[]> {
  const { publicKeys, heads = [] } = about
  const writers = await chainFolders(folder)
  const known: KnownHead[] = heads.map((head) => ({ ...head, source: 'the list of heads' }))
  // Before the chains themselves: one that grows meanwhile is then only longer than what is known of it.
  for (const writer of writers) {
    const opened = await firstRecord(join(folder, writer))
    if (opened?.type !== 'opened') continue
    known.push(...opened.heads.map((head) => ({ ...head, source: `the chain ${writer}` })))
  }
  const byWriter = grouped(known, ({ writer }) => writer)
  const reports: ChainReport[] = []
  for (const writer of writers) {
    const judge = new ChainJudge(writer, { publicKeys, known: byWriter.get(writer) ?? [] })
    reports.push(await verifyChain(folder, writer, judge))
  }
  for (const [writer, [head]] of byWriter) {
    if (head && !writers.includes(writer)) reports.push(missing(head))
  }
  return reports
}

async function verifyChain(
  folder: string,
  writer: string,
  judge: ChainJudge,
): Promise<ChainReport> {
  const { flaw, torn } = await flawOf(folder, writer, judge)
  const { head, events, signedN, closed, time } = judge
  return { writer, head, events, signedN, closed, torn, time, flaw }
}

async function flawOf(
  folder: string,
  writer: string,
  judge: ChainJudge,
): Promise<{ readonly flaw: Flaw | undefined; readonly torn: boolean }> {
  const names = (await readdir(join(folder, writer))).sort()
  let torn = false
  for (const [index, name] of names.entries()) {
    const file = `${writer}/${name}`
    if (name !== fileName(index + 1)) {
      const sentence = `The file ${fileName(index + 1)} is missing, or this one was not made by a writer.`
      return { flaw: { file, line: undefined, sentence }, torn }
    }
    for await (const { line, bytes, whole } of auditLines(join(folder, writer, name))) {
      if (!whole && index === names.length - 1 && !judge.closed) {
        torn = true
        continue
      }
      const sentence = whole ? judged(judge, bytes) : 'It has no end.'
      if (sentence !== undefined) return { flaw: { file, line, sentence }, torn }
    }
  }
  const sentence = attempt(() => judge.end())
  return {
    flaw: sentence === undefined ? sentence : { file: writer, line: undefined, sentence },
    torn,
  }
}

function judged(judge: ChainJudge, bytes: Uint8Array): string | undefined {
  return attempt(() => void judge.take(bytes))
}

function attempt(work: () => void): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    if (error instanceof BrokenChain) return error.message
    throw error
  }
}

function missing({ writer, n, source }: KnownHead): ChainReport {
  const sentence = `The chain is gone; ${source} knows its record ${n}.`
  const flaw = { file: writer, line: undefined, sentence }
  const nothing = { events: 0, signedN: 0, closed: false, torn: false, time: 0 }
  return { writer, head: undefined, ...nothing, flaw }
}
