import { createHash } from 'node:crypto'
import { encodePem } from '../../codec/pem.js'
import { renderHtml } from '../html/render-html.js'
import { type ReportHead, renderJson } from '../render-json.js'
import { renderJunit } from '../render-junit.js'
import { renderSchema } from '../report-schema.js'
import type { ComplianceReport } from '../report.js'
import { MANIFEST_FILE, SIGNATURE_FILE, decodeManifest, encodeManifest } from './manifest.js'
import { type ManifestSigner, signManifest } from './sign-manifest.js'
import { writeFolder } from './write-folder.js'

/** Name of the JSON report among the files of a run. */
export const REPORT_FILE = 'report.json'

/**
 * Writes a report in all of its forms into a new folder, under a manifest that the HSM signs.
 *
 * @param createdAt - milliseconds since 1970
 * @throws UnusableFolder
 * @throws UselessSignature
 * @throws HsmError
 */
export async function writeEvidence(
  folder: string,
  about: {
    readonly report: ComplianceReport
    readonly head: ReportHead
    readonly signer: ManifestSigner
    readonly createdAt: number
  },
): Promise<void> {
  const { report, head, signer, createdAt } = about
  const { publicKey } = signer.auditKey
  const files = new Map([
    ...filesOf(report, head),
    ['audit-key.pem', Buffer.from(encodePem('PUBLIC KEY', publicKey))] as const,
  ])
  const manifest = encodeManifest(
    {
      created_at: new Date(createdAt).toISOString(),
      version: head.version,
      verdict: report.verdict,
      token: tokenOf(report),
      audit_key_sha256: createHash('sha256').update(publicKey).digest('hex'),
    },
    files,
  )
  // What nobody could read is not to be signed.
  decodeManifest(manifest)
  files.set(MANIFEST_FILE, Buffer.from(manifest))
  files.set(SIGNATURE_FILE, Buffer.from(await signManifest(signer, manifest)))
  await writeFolder(folder, files)
}

function filesOf(
  report: ComplianceReport,
  head: ReportHead,
): readonly (readonly [string, Buffer])[] {
  const texts = [
    ['report.html', renderHtml(report, head)],
    [REPORT_FILE, renderJson(report, head)],
    ['report.junit.xml', renderJunit(report, head)],
    ['report.schema.json', renderSchema()],
    ...report.attachments.map(({ name, text }) => [name, text] as const),
  ] as const
  return texts.map(([name, text]) => [name, Buffer.from(text)] as const)
}

function tokenOf({ identity }: ComplianceReport): Readonly<Record<string, string>> {
  const { label, manufacturer, model, serial, hardware, firmware, library, profile } = identity
  return { label, manufacturer, model, serial, hardware, firmware, library, profile }
}
