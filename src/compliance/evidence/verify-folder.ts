import { type KeyObject, createHash, verify } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from '../../audit/error-code.js'
import { printable } from '../printable.js'
import {
  MANIFEST_FILE,
  MalformedManifest,
  type Manifest,
  type ManifestFile,
  SIGNATURE_FILE,
  decodeManifest,
  manifestText,
} from './manifest.js'

/** Something about evidence that is not as it was signed. */
export interface Flaw {
  /** Name in the folder, printable. */
  readonly file: string
  readonly sentence: string
}

/** What is to be said of evidence. It is as it was signed where there is no flaw. */
export interface EvidenceReport {
  /** What the manifest states; nothing where it cannot be read. Worth nothing while the signature is a flaw. */
  readonly manifest: Manifest | undefined
  readonly flaws: readonly Flaw[]
}

/** Longer than any manifest of this program, and than any signature. */
const MAX_MANIFEST_BYTES = 1024 * 1024
const MAX_SIGNATURE_BYTES = 1024
/** A link leads elsewhere, and a pipe would be waited for. */
const READ_AS_IT_IS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/**
 * Verifies a folder of evidence without the HSM: the signature of the manifest, the hash and length of every file, and that
 * no file is missing and none was added. Nothing outside of the folder is read.
 *
 * @param publicKeys - EC P-256, one of which must have signed; from a place that whoever made the folder does not write
 * @throws Error of the system when the folder cannot be read
 */
export async function verifyFolder(
  folder: string,
  publicKeys: readonly KeyObject[],
): Promise<EvidenceReport> {
  const names = await readdir(folder)
  const bytes = await attempt(() => readShort(join(folder, MANIFEST_FILE), MAX_MANIFEST_BYTES))
  if (!bytes.done) return { manifest: undefined, flaws: [flaw(MANIFEST_FILE, bytes.sentence)] }
  const signature = await attempt(() => verifySignature(folder, { bytes: bytes.value, publicKeys }))
  const flaws = signature.done ? [] : [flaw(SIGNATURE_FILE, signature.sentence)]
  const read = await attempt(() => decodeManifest(bytes.value))
  if (!read.done) {
    return { manifest: undefined, flaws: [...flaws, flaw(MANIFEST_FILE, read.sentence)] }
  }
  const manifest = read.value
  for (const file of manifest.files) {
    const judged = await attempt(() => verifyFile(folder, file))
    if (!judged.done) flaws.push(flaw(file.name, judged.sentence))
  }
  const known = new Set([MANIFEST_FILE, SIGNATURE_FILE, ...manifest.files.map(({ name }) => name)])
  const added = names.filter((name) => !known.has(name)).sort()
  flaws.push(...added.map((name) => flaw(name, 'It was added: the manifest does not list it.')))
  return { manifest, flaws }
}

/** A file is not as it must be: the message is a sentence. */
class Flawed extends Error {}

async function verifySignature(
  folder: string,
  { bytes, publicKeys }: { readonly bytes: Uint8Array; readonly publicKeys: readonly KeyObject[] },
): Promise<void> {
  const signature = await readShort(join(folder, SIGNATURE_FILE), MAX_SIGNATURE_BYTES)
  const text = Buffer.from(manifestText(bytes))
  if (publicKeys.some((publicKey) => verify('sha256', text, publicKey, signature))) return
  throw new Flawed(
    `It is not a signature of this key over ${MANIFEST_FILE}: one of both was changed, or the key is another one.`,
  )
}

async function verifyFile(folder: string, { name, bytes, sha256 }: ManifestFile): Promise<void> {
  await withFile(join(folder, name), async (file) => {
    const { size } = await file.stat()
    if (size !== bytes) throw new Flawed(`It has ${size} bytes instead of ${bytes}.`)
    const hash = createHash('sha256')
    for await (const chunk of file.createReadStream({ autoClose: false })) {
      hash.update(chunk as Buffer)
    }
    if (hash.digest('hex') !== sha256) throw new Flawed('Its content was changed.')
  })
}

function readShort(path: string, most: number): Promise<Uint8Array> {
  return withFile(path, async (file) => {
    const { size } = await file.stat()
    if (size > most) throw new Flawed(`It has ${size} bytes, which are more than it ever has.`)
    return await file.readFile()
  })
}

async function withFile<Value>(
  path: string,
  use: (file: FileHandle) => Promise<Value>,
): Promise<Value> {
  const file = await opened(path)
  try {
    if (!(await file.stat()).isFile()) throw new Flawed('It is not a file.')
    return await use(file)
  } finally {
    await file.close()
  }
}

async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path, READ_AS_IT_IS)
  } catch (cause) {
    const code = errorCode(cause) ?? 'unknown failure'
    if (code === 'ENOENT') throw new Flawed('It is missing.', { cause })
    if (code === 'ELOOP') throw new Flawed('It is a link, not a file.', { cause })
    throw new Flawed(`It cannot be read (${code}).`, { cause })
  }
}

type Outcome<Value> =
  | { readonly done: true; readonly value: Value }
  | { readonly done: false; readonly sentence: string }

async function attempt<Value>(work: () => Value | Promise<Value>): Promise<Outcome<Value>> {
  try {
    return { done: true, value: await work() }
  } catch (error) {
    if (error instanceof Flawed || error instanceof MalformedManifest) {
      return { done: false, sentence: error.message }
    }
    throw error
  }
}

function flaw(name: string, sentence: string): Flaw {
  return { file: printable(name), sentence: printable(sentence) }
}
