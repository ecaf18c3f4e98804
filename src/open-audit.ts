import { type AuditWriter, type AuditWriterParts, openAuditWriter } from './audit/audit-writer.js'
import { noAudit } from './audit/no-audit.js'
import { placePublicKeys } from './audit/public-key-file.js'
import type { Config } from './config.js'
import type { AuditObserver } from './core/audit-observer.js'
import { DEFAULT_KEYSTORE } from './core/keystore.js'
import type { ServiceKeys } from './core/service-keys.js'
import { SettingError } from './setting.js'
import type { Database } from './store/database.js'
import { readVersion } from './version.js'

/** Opens the audit log of a configuration; one that keeps nothing where it is off. */
export function openAudit(
  { audit: settings }: Config,
  parts: Pick<AuditWriterParts, 'hsm' | 'auditKey' | 'clock'>,
  observer: AuditObserver,
): AuditWriter {
  if (!settings.on) return noAudit()
  return openAuditWriter({ ...parts, ...settings, software: readVersion(), observer })
}

/**
 * Writes the public keys of the audit log beside it, and returns them: DER SubjectPublicKeyInfo, newest first. The database
 * vouches for those of earlier homes by their digests: their tokens need not be there.
 *
 * @throws SettingError where the folder cannot be made or written
 */
export async function placeAuditKeys(
  { audit: { on, folder } }: Config,
  { auditKey }: ServiceKeys,
  { serviceKeys }: Database,
): Promise<readonly Uint8Array[]> {
  const own = auditKey.publicKey
  if (!on) return [own]
  const rows = (await serviceKeys.list(DEFAULT_KEYSTORE)).filter(
    ({ purpose }) => purpose === 'audit',
  )
  const known = rows
    .toSorted((a, b) => b.key.version - a.key.version)
    .map(({ checkValue }) => checkValue)
  try {
    return await placePublicKeys(folder, { own, known })
  } catch (cause) {
    throw new SettingError('KMS_AUDIT_DIR', `The folder ${folder} cannot be made or written.`, {
      cause,
    })
  }
}
