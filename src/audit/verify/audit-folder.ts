import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeAuditRecord } from '../../codec/decode-audit-record.js'
import type { AuditRecord } from '../../codec/audit-record.js'
import { auditLines } from './audit-lines.js'

/** Names of the folders of chains. */
export const WRITER = /^[0-9a-f]{32}$/

/** Folders of the chains in an audit folder, by name. @throws Error of the system */
export async function chainFolders(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory() && WRITER.test(entry.name))
    .map(({ name }) => name)
    .sort()
}

/** Name of the file of a number, from 1. */
export function fileName(number: number): string {
  return `${String(number).padStart(8, '0')}.jsonl`
}

/** The first record of a chain; nothing where there is none that can be read. */
export async function firstRecord(folder: string): Promise<AuditRecord | undefined> {
  try {
    for await (const { bytes, whole } of auditLines(join(folder, fileName(1)))) {
      return whole ? decodeAuditRecord(bytes.toString()) : undefined
    }
  } catch {
    // What is wrong with it is told by whoever judges the chain.
  }
  return undefined
}
