import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PUBLIC_KEY_FILE } from '../audit/public-key-file.js'
import { mergedEvents } from '../audit/export/merged-events.js'
import { traceOf } from '../audit/export/trace.js'
import { type ChainReport, verifyLog } from '../audit/verify/verify-log.js'
import type { ChainHead } from '../codec/audit-record.js'
import { loadAuditFolder } from '../config.js'
import { type CommandIo, UsageError, printJson } from './command.js'
import { type Options, readOptions } from './options.js'
import { readPublicKeyFile } from './read-public-key-file.js'
import { Refused, subcommands } from './subcommands.js'

const USAGE = `kmsctl audit verify [--folder DIR] [--key FILE] [--heads FILE]
       audit heads [--folder DIR] [--key FILE]
       audit export [--folder DIR] [--form jsonl|cadf] [--from TIME] [--to TIME]`

/** `kmsctl audit …`: verifies the audit log, and gives it out. It needs neither token nor database. */
export const audit = subcommands(USAGE, { verify, heads, export: exportEvents })

/** Exit code 0: all is as it was written; 1: it is not, and the first bad record of each chain is named. */
async function verify(args: readonly string[], io: CommandIo): Promise<number> {
  const options = readOptions(args, {
    usage: USAGE,
    options: ['folder', 'key', 'heads'],
    words: 0,
  })
  const { heads } = options.values
  const known = heads === undefined ? [] : await readHeads(heads)
  const reports = await reportsOf(io, options, known)
  const flaws = reports.filter(({ flaw }) => flaw !== undefined)
  printJson(io, {
    chains: reports.map(describe),
    events: reports.reduce((sum, { events }) => sum + events, 0),
    flaws: flaws.length,
  })
  for (const { flaw } of flaws) {
    const place = flaw?.line === undefined ? flaw?.file : `${flaw.file} line ${flaw.line}`
    io.err(`${place}: ${flaw?.sentence}\n`)
  }
  io.err(flaws.length === 0 ? 'The log is as it was written.\n' : 'The log was changed.\n')
  return flaws.length === 0 ? 0 : 1
}

/** Prints where every chain ends: kept in another place, it shows later what was cut off since. */
async function heads(args: readonly string[], io: CommandIo): Promise<number> {
  const options = readOptions(args, { usage: USAGE, options: ['folder', 'key'], words: 0 })
  const reports = await reportsOf(io, options, [])
  const bad = reports.find(({ flaw }) => flaw !== undefined)
  if (bad) throw new Refused('The log is not as it was written: kmsctl audit verify says where.')
  printJson(
    io,
    reports.flatMap(({ head }) => head ?? []),
  )
  return 0
}

async function exportEvents(args: readonly string[], io: CommandIo): Promise<number> {
  const options = readOptions(args, {
    usage: USAGE,
    options: ['folder', 'form', 'from', 'to'],
    words: 0,
  })
  const { form = 'jsonl', from, to } = options.values
  if (form !== 'jsonl' && form !== 'cadf') throw new UsageError('--form must be jsonl or cadf.')
  const span = { from: timeOf('--from', from, -Infinity), to: timeOf('--to', to, Infinity) }
  for await (const event of mergedEvents(folderOf(io, options), span)) {
    io.out(`${JSON.stringify(form === 'jsonl' ? event : traceOf(event))}\n`)
  }
  return 0
}

async function reportsOf(
  io: CommandIo,
  options: Options,
  known: readonly ChainHead[],
): Promise<readonly ChainReport[]> {
  const folder = folderOf(io, options)
  const publicKeys = await readPublicKeyFile(options.values['key'] ?? join(folder, PUBLIC_KEY_FILE))
  try {
    return await verifyLog(folder, { publicKeys, heads: known })
  } catch (cause) {
    throw new Refused(`The folder ${folder} cannot be read.`, { cause })
  }
}

function folderOf({ environment }: CommandIo, { values }: Options): string {
  return values['folder'] ?? loadAuditFolder(environment)
}

async function readHeads(path: string): Promise<readonly ChainHead[]> {
  let value: unknown
  try {
    value = JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new Refused(`The file ${path} cannot be read, or is no JSON.`, { cause })
  }
  if (Array.isArray(value) && value.every(isHead)) return value
  throw new Refused(`The file ${path} must hold what kmsctl audit heads prints.`)
}

function isHead(value: unknown): value is ChainHead {
  if (typeof value !== 'object' || value === null) return false
  const { writer, n, hash }: Partial<Record<keyof ChainHead, unknown>> = value
  return typeof writer === 'string' && typeof hash === 'string' && Number.isSafeInteger(n)
}

function timeOf(option: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback
  const time = Date.parse(text)
  if (Number.isNaN(time))
    throw new UsageError(`${option} must be a time such as 2030-01-31T12:00:00Z.`)
  return time
}

function describe({ writer, head, events, signedN, closed, torn, time, flaw }: ChainReport) {
  return {
    writer,
    records: head?.n ?? 0,
    events,
    signed_records: signedN,
    closed,
    torn,
    ...(head && { last_time: new Date(time).toISOString() }),
    ...(flaw && { flaw }),
  }
}
