import { createHash, verify } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { checkpointText } from '../../src/codec/audit-record.js'
import { encodeEcdsaSignature } from '../../src/codec/ecdsa-signature.js'
import { decodeManifest, manifestText } from '../../src/compliance/evidence/manifest.js'
import { verifyFolder } from '../../src/compliance/evidence/verify-folder.js'
import { writeEvidence } from '../../src/compliance/evidence/write-evidence.js'
import { inNewFolder } from '../support/folder.js'
import { healthy } from './made-up.js'
import { HEAD, reportOf } from './sample-report.js'
import { type SigningKey, newSigningKey } from './signing-key.js'

let key: SigningKey
beforeAll(async () => {
  key = await newSigningKey()
})

async function inEvidence(test: (folder: string) => Promise<void>): Promise<void> {
  await inNewFolder(async (parent) => {
    const folder = join(parent, 'evidence')
    const { signer } = key
    await writeEvidence(folder, { report: reportOf(healthy()), head: HEAD, signer, createdAt: 0 })
    await test(folder)
  })
}

async function flawsOf(folder: string): Promise<readonly string[]> {
  const { flaws } = await verifyFolder(folder, [key.publicKey])
  return flaws.map(({ file }) => file)
}

describe('a manifest that leads out of its folder, or is none,', () => {
  const line = { name: 'a.txt', bytes: 0, sha256: '0'.repeat(64) }
  test.each([
    ['no JSON', 'hello'],
    ['no object', '[]'],
    ['a path', named('../../etc/passwd')],
    ['an absolute path', named('/etc/passwd')],
    ['a hidden file', named('.x.y')],
    ['a folder', named('..')],
    ['itself', named('manifest.json')],
    ['a name twice', JSON.stringify({ ...head(), files: [line, line] })],
    ['another format', JSON.stringify({ ...head(), format: 2, files: [] })],
  ])('is refused: %s', async (_name, text) => {
    expect(() => decodeManifest(Buffer.from(text))).toThrow(/manifest|JSON|twice/)
    await inEvidence(async (folder) => {
      await writeFile(join(folder, 'manifest.json'), text)
      expect(await flawsOf(folder)).toEqual(['manifest.sig', 'manifest.json'])
    })
  })

  function head() {
    const about = { created_at: '', version: '', verdict: 'pass', token: {} }
    return {
      manifest: 'hsm-kms compliance evidence',
      format: 1,
      ...about,
      audit_key_sha256: line.sha256,
    }
  }

  function named(name: string): string {
    return JSON.stringify({ ...head(), files: [{ ...line, name }] })
  }
})

describe('a signature of a manifest and one of a checkpoint', () => {
  test('are over texts that are never the same', () => {
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary' }),
        (manifest, writer, hash) => {
          for (const type of ['checkpoint', 'closed'] as const) {
            const about = { type, writer, signed_n: 1, signed_hash: hash }
            expect(checkpointText(about)).not.toBe(manifestText(manifest))
          }
        },
      ),
    )
    // The first lines differ, and a line feed ends both: neither can be the beginning of the other.
    expect(manifestText(new Uint8Array())).toMatch(/^kms-compliance-manifest-v1\n[0-9a-f]{64}\n$/)
  })

  test('do not stand for each other', async () => {
    const { signer, publicKey } = key
    const about = {
      type: 'closed' as const,
      writer: '0'.repeat(32),
      signed_n: 1,
      signed_hash: '0'.repeat(64),
    }
    const message = createHash('sha256').update(checkpointText(about)).digest()
    const plain = await signer.hsm.sign({ key: signer.auditKey.key, scheme: 'ecdsa', message })
    const signature = encodeEcdsaSignature(plain)
    expect(verify('sha256', Buffer.from(checkpointText(about)), publicKey, signature)).toBe(true)
    await inEvidence(async (folder) => {
      const own = await readFile(join(folder, 'manifest.sig'))
      expect(verify('sha256', Buffer.from(checkpointText(about)), publicKey, own)).toBe(false)
      await writeFile(join(folder, 'manifest.sig'), signature)
      expect(await flawsOf(folder)).toEqual(['manifest.sig'])
    })
  })
})
