import { createPublicKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PUBLIC_KEY_FILE, findPublicKeys, readPublicKeys } from '../audit/public-key-file.js'
import { type ChainReport, verifyLog } from '../audit/verify/verify-log.js'
import type { AuditLogSeen } from '../compliance/audit-log/audit-log-seen.js'
import { type Answer, type Seen, answerOf } from '../compliance/seen.js'
import type { AuditSettings } from '../config.js'
import type { Hsm } from '../core/hsm.js'
import { DEFAULT_KEYSTORE } from '../core/keystore.js'
import type { ServiceKey, ServiceKeyStore } from '../core/service-key.js'
import type { ScannedLog } from './scan-audit-log.js'

/** Verifies the audit log with the public key that the token gives out. */
export async function gatherAuditLog(parts: {
  readonly hsm: Pick<Hsm, 'publicKey'>
  readonly serviceKeys: ServiceKeyStore
  readonly settings: AuditSettings
  readonly scan: () => Promise<ScannedLog | undefined>
}): Promise<Seen<AuditLogSeen>> {
  const { hsm, settings } = parts
  if (!settings.on) return { omitted: 'The audit log is off (KMS_AUDIT).' }
  const keys = await parts.serviceKeys.list(DEFAULT_KEYSTORE)
  const audit = keys
    .filter(({ purpose }) => purpose === 'audit')
    .toSorted((a, b) => b.key.version - a.key.version)
  if (audit.length === 0) {
    return { omitted: 'The service has no audit key yet: it was never started.' }
  }
  const answer = await firstOnToken(hsm, audit)
  if ('error' in answer) {
    const why = 'STORE-MISSING or STORE-CHECK-VALUE says more'
    return { omitted: `The token does not give the public key of the audit key: ${why}.` }
  }
  const { folder } = settings
  // A log that began on another token is signed by the key of that one as well.
  const found = await findPublicKeys(folder, {
    own: answer.value,
    known: audit.map(({ checkValue }) => checkValue),
  })
  const publicKeys = found.map((key) =>
    createPublicKey({ key: Buffer.from(key), format: 'der', type: 'spki' }),
  )
  const scanned = await parts.scan()
  if (!scanned) return { omitted: `There is no folder ${folder} that can be read.` }
  const reports = await verifyLog(folder, { publicKeys })
  return {
    value: {
      now: Date.now(),
      chains: reports.map((report) => chainOf(report, scanned)),
      keyFits: await keyFits(folder, found),
      checkpointMs: settings.checkpointMs,
    },
  }
}

function chainOf(report: ChainReport, { chains }: ScannedLog): AuditLogSeen['chains'][number] {
  const { writer, head, events, signedN, closed, torn, time, flaw } = report
  const times = chains.find((chain) => chain.writer === writer)
  const line = flaw?.line === undefined ? '' : ` line ${flaw.line}`
  return {
    writer,
    records: head?.n ?? 0,
    events,
    signedRecords: signedN,
    closed,
    torn,
    firstAt: times?.firstAt ?? 0,
    lastAt: time,
    flaw: flaw && `${flaw.file}${line}: ${flaw.sentence}`,
    clockBack: times?.clockBack ?? { times: 0, mostMs: 0 },
    inFuture: times?.inFuture ?? 0,
  }
}

/** The public key of the newest audit key that the token holds: older ones may be on a token that was used before. */
async function firstOnToken(
  hsm: Pick<Hsm, 'publicKey'>,
  keys: readonly Pick<ServiceKey, 'key'>[],
): Promise<Answer<Uint8Array>> {
  let first: Answer<Uint8Array> | undefined
  for (const { key } of keys) {
    const answer = await answerOf(hsm.publicKey(key))
    if ('value' in answer) return answer
    first ??= answer
  }
  return first ?? { error: 'There is no audit key.' }
}

/** Whether the file holds the public keys of this service and no other; nothing where there is no file. */
async function keyFits(folder: string, known: readonly Uint8Array[]): Promise<boolean | undefined> {
  let pem: string
  try {
    pem = await readFile(join(folder, PUBLIC_KEY_FILE), 'utf8')
  } catch {
    return undefined
  }
  try {
    const held = readPublicKeys(pem).map((key) => key.export({ type: 'spki', format: 'der' }))
    return (
      held.length === known.length && held.every((key, place) => key.equals(known[place] ?? key))
    )
  } catch {
    return false
  }
}
