import { createHash } from 'node:crypto'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { type Static, Type } from '../../packages/typebox.js'

/** Name of the file that states the hashes of all others. */
export const MANIFEST_FILE = 'manifest.json'
/** Name of its signature: DER (RFC 3279 section 2.2.3), ECDSA P-256 with SHA-256 over {@link manifestText}. */
export const SIGNATURE_FILE = 'manifest.sig'

/** Format that this program writes, and the only one that it reads. */
const FORMAT = 1

/** A name that cannot lead out of its folder, nor be taken for an option. */
const FILE_NAME = '^[a-z0-9][a-z0-9_-]*(\\.[a-z0-9_-]+)+$'
const SHA_256 = '^[0-9a-f]{64}$'

const ManifestSchema = Type.Object(
  {
    manifest: Type.Literal('hsm-kms compliance evidence'),
    format: Type.Literal(FORMAT),
    /** When the files were written: ISO 8601, UTC. */
    created_at: Type.String(),
    /** Version of the software that ran. */
    version: Type.String(),
    verdict: Type.Union([Type.Literal('pass'), Type.Literal('fail')]),
    /** The token as it names itself. */
    token: Type.Record(Type.String(), Type.String()),
    /** Of the public key in DER (SubjectPublicKeyInfo, RFC 5280 section 4.1.2.7). */
    audit_key_sha256: Type.String({ pattern: SHA_256 }),
    files: Type.Array(
      Type.Object(
        {
          name: Type.String({ pattern: FILE_NAME }),
          bytes: Type.Integer({ minimum: 0 }),
          sha256: Type.String({ pattern: SHA_256 }),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
)

/** What was written in a compliance run, and about what. */
export type Manifest = Static<typeof ManifestSchema>

/** A file of a manifest: its length in bytes and its SHA-256 in hexadecimal. */
export type ManifestFile = Manifest['files'][number]

/** What a manifest says besides its files. */
export type ManifestHead = Omit<Manifest, 'manifest' | 'format' | 'files'>

/** Bytes that are no manifest which this program can read: the message is a sentence. */
export class MalformedManifest extends Error {
  override readonly name = 'MalformedManifest'
}

/** Writes the manifest of files, by name. The signature is over these very bytes. */
export function encodeManifest(
  head: ManifestHead,
  files: ReadonlyMap<string, Uint8Array>,
): Uint8Array {
  const listed = [...files].map(([name, bytes]) => ({
    name,
    bytes: bytes.length,
    sha256: hexDigest(bytes),
  }))
  const manifest: Manifest = {
    manifest: 'hsm-kms compliance evidence',
    format: FORMAT,
    ...head,
    files: listed.sort((one, other) => (one.name < other.name ? -1 : 1)),
  }
  return Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)
}

/**
 * Reads a manifest, in which every file has one plain name.
 *
 * @throws MalformedManifest
 */
export function decodeManifest(bytes: Uint8Array): Manifest {
  const manifest = parsed(bytes)
  const ajv = new Ajv2020({ strict: true })
  if (!ajv.validate(ManifestSchema, manifest)) {
    throw new MalformedManifest(
      `It is no manifest that this version reads: ${ajv.errorsText(null, { dataVar: 'manifest' })}.`,
    )
  }
  // The validator above has just judged every member.
  const read = manifest as Manifest
  const names = read.files.map(({ name }) => name)
  if (new Set([...names, MANIFEST_FILE, SIGNATURE_FILE]).size !== names.length + 2) {
    throw new MalformedManifest('It lists a file twice, or itself.')
  }
  return read
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new MalformedManifest('It is not JSON in UTF-8.', { cause })
  }
}

/**
 * What the audit key signs for a manifest, in ASCII. The first line keeps it apart from everything else that the key signs:
 * a checkpoint of the audit log begins with another one.
 */
export function manifestText(manifest: Uint8Array): string {
  return `kms-compliance-manifest-v1\n${hexDigest(manifest)}\n`
}

function hexDigest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
