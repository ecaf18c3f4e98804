import { type KeyObject, createPublicKey, verify } from 'node:crypto'
import { mkdtempSync, readFileSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from '@jest/globals'
import {
  type AuditWriter,
  type AuditWriterParts,
  openAuditWriter,
} from '../../src/audit/audit-writer.js'
import { type AppendedFile, createFile } from '../../src/audit/file-system.js'
import {
  type AuditRecord,
  NO_RECORD,
  checkpointText,
  hashAuditLine,
} from '../../src/codec/audit-record.js'
import { decodeAuditRecord } from '../../src/codec/decode-audit-record.js'
import type { AuditEvent } from '../../src/core/audit-event.js'
import type { AuditObserver } from '../../src/core/audit-observer.js'
import { newKeyId } from '../../src/core/ids.js'
import { ownAct } from '../../src/core/own-act.js'
import { SERVICE_KEY_MATERIAL } from '../../src/core/service-key.js'
import { createMemoryHsm } from '../support/memory-hsm.js'

/** What happened to the files of a log, and how to make them fail. */
export interface Disk {
  writes: number
  /** Thrown by the next call of that name, until it is taken away. */
  fails: Partial<Record<'write' | 'cut', Error>>
  /** Most bytes that one write takes. */
  takes: number
  create: (path: string) => Promise<AppendedFile>
}

/** Real files, watched. */
export function watchedDisk(): Disk {
  const disk: Disk = {
    writes: 0,
    fails: {},
    takes: Infinity,
    async create(path) {
      const file = await createFile(path)
      return {
        ...file,
        async write(bytes) {
          disk.writes++
          const { write: failure } = disk.fails
          if (!failure) return file.write(bytes.subarray(0, disk.takes))
          // A disk that is full takes what still fits.
          await file.write(bytes.subarray(0, Math.floor(bytes.length / 2)))
          throw failure
        },
        async cut(length) {
          if (disk.fails.cut) throw disk.fails.cut
          await file.cut(length)
        },
      }
    },
  }
  return disk
}

/** An error of the operating system. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: it failed`), { code })
}

/** A folder for a log, and writers that write there. */
export class AuditBench {
  readonly folder = join(mkdtempSync(join(tmpdir(), 'kms-audit-')), 'audit')
  readonly told: string[] = []
  readonly disk = watchedDisk()
  readonly #key = { keyId: newKeyId(), version: 1 }
  hsm = createMemoryHsm({ beforeCall: () => this.hsmFailure })
  hsmFailure: Error | undefined
  #publicKey: Uint8Array | undefined
  readonly #writers: AuditWriter[] = []

  async open(changed: Partial<AuditWriterParts> = {}): Promise<AuditWriter> {
    this.#publicKey ??= await this.hsm.generatePair({
      key: this.#key,
      ...SERVICE_KEY_MATERIAL.audit,
      label: 'kms/audit',
    })
    const writer = openAuditWriter({
      hsm: this.hsm,
      auditKey: { key: this.#key, publicKey: this.#publicKey },
      folder: this.folder,
      maxFileBytes: 1024 * 1024,
      checkpointMs: 60_000,
      software: '1.2.3',
      clock: Date.now,
      observer: this.#observer(),
      create: (path) => this.disk.create(path),
      ...changed,
    })
    this.#writers.push(writer)
    return writer
  }

  /** The audit key, once a writer was opened. */
  get publicKey(): KeyObject {
    const key = Buffer.from(this.#publicKey ?? [])
    return createPublicKey({ key, format: 'der', type: 'spki' })
  }

  async remove(): Promise<void> {
    this.disk.fails = {}
    this.hsmFailure = undefined
    await Promise.all(this.#writers.map((writer) => writer.close()))
    await rm(join(this.folder, '..'), { recursive: true, force: true })
  }

  /** Every chain in the folder, judged: numbers, hashes and signatures must be right. */
  chains(): readonly (readonly AuditRecord[])[] {
    return chainsIn(this.folder, this.#publicKey)
  }

  /** The only chain in the folder. */
  chain(): readonly AuditRecord[] {
    const [chain = [], ...others] = this.chains()
    expect(others).toEqual([])
    return chain
  }

  #observer(): AuditObserver {
    return {
      written: () => undefined,
      refused: () => this.told.push('refused'),
      signed: () => this.told.push('signed'),
      notSigned: () => this.told.push('not signed'),
      fault: (reason) => this.told.push(reason ?? 'recovered'),
    }
  }
}

/** Reads and judges every chain of a folder; `publicKey`: DER, none where signatures are not to be judged. */
export function chainsIn(
  folder: string,
  publicKey: Uint8Array | undefined,
): readonly (readonly AuditRecord[])[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => readChain(join(folder, name), { writer: name, publicKey }))
}

function readChain(
  folder: string,
  expected: { readonly writer: string; readonly publicKey: Uint8Array | undefined },
): readonly AuditRecord[] {
  const files = readdirSync(folder).sort()
  expect(files).toEqual(files.map((_, at) => `${String(at + 1).padStart(8, '0')}.jsonl`))
  const text = files.map((name) => readFileSync(join(folder, name), 'utf8')).join('')
  // What follows the last line feed is what a killed writer left.
  const lines = text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .slice(0, -1)
  const hashes = [NO_RECORD, ...lines.map((line) => hashAuditLine(line))]
  return lines.map((line, at) => {
    const record = decodeAuditRecord(line)
    expect([record.writer, record.n, record.prev]).toEqual([expected.writer, at + 1, hashes[at]])
    if (record.type === 'checkpoint' || record.type === 'closed') {
      expect(record.signed_n).toBeLessThan(record.n)
      expect(record.signed_hash).toBe(hashes[record.signed_n])
      if (expected.publicKey) expect(isSigned(record, expected.publicKey)).toBe(true)
    }
    return record
  })
}

function isSigned(
  record: Extract<AuditRecord, { signature: string }>,
  publicKey: Uint8Array,
): boolean {
  const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' })
  return verify(
    'sha256',
    Buffer.from(checkpointText(record)),
    { key, dsaEncoding: 'ieee-p1363' },
    Buffer.from(record.signature, 'hex'),
  )
}

/** Names of the events of a chain, in order. */
export function operationsOf(chain: readonly AuditRecord[]): readonly string[] {
  return chain.flatMap((record) => (record.type === 'event' ? [record.operation] : []))
}

/** An event. */
export function event(operation: string, changed: Partial<AuditEvent> = {}): AuditEvent {
  return ownAct(operation, { time: Date.now(), ...changed })
}
