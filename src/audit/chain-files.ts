import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errorCode } from './error-code.js'
import { type AppendedFile, type CreateFile, syncFolder } from './file-system.js'

/** The files of a chain are gone, or are no longer those that their names lead to. */
export class FilesGone extends Error {
  override readonly name = 'FilesGone'
}

/** Makes the folder of the audit log where there is none. */
export async function makeAuditFolder(folder: string): Promise<void> {
  if ((await mkdir(folder, { recursive: true, mode: 0o700 })) !== undefined) {
    await syncFolder(dirname(folder))
  }
}

/** The files of one chain. Whatever fails, what was confirmed before stays as it was. */
export class ChainFiles {
  readonly #folder: string
  readonly #maxBytes: number
  readonly #create: CreateFile
  #file: AppendedFile | undefined
  #number = 0
  /** Length of the file up to which every byte is confirmed to be on disk. */
  #length = 0
  /** Whether bytes may stand behind that length. */
  #torn = false

  /** `folder`: the audit folder; `maxBytes`: a file that has reached this length is followed by another. */
  constructor({
    folder,
    writer,
    maxBytes,
    create,
  }: {
    readonly folder: string
    readonly writer: string
    readonly maxBytes: number
    readonly create: CreateFile
  }) {
    this.#folder = join(folder, writer)
    this.#maxBytes = maxBytes
    this.#create = create
  }

  /**
   * Appends bytes: they are on disk when this resolves. Where it rejects, none of them count: the next call cuts off what
   * was written of them.
   *
   * @returns whether they began a file that follows another
   * @throws FilesGone
   */
  async append(bytes: Uint8Array): Promise<boolean> {
    const rotates = this.#file !== undefined && this.#length >= this.#maxBytes
    if (rotates && this.#file?.isInPlace() === false) throw new FilesGone('The file is gone.')
    const file = rotates || !this.#file ? await this.#next() : this.#file
    if (this.#torn) await this.#mend(file)
    this.#torn = true
    await writeAll(file, bytes)
    // A file without a name takes bytes as any other, but nobody will ever read them.
    if (!file.isInPlace()) throw new FilesGone('The file is gone.')
    this.#length += bytes.length
    this.#torn = false
    return rotates
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    if (!file) return
    try {
      if (this.#torn) await this.#mend(file)
    } finally {
      await file.close()
    }
  }

  /** Lets go of files that are no longer where their names lead. */
  async abandon(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close().catch(() => undefined)
  }

  async #next(): Promise<AppendedFile> {
    if (!this.#file) await makeChainFolder(this.#folder)
    const name = `${String(this.#number + 1).padStart(8, '0')}.jsonl`
    const file = await this.#create(join(this.#folder, name))
    const former = this.#file
    this.#file = file
    this.#number++
    this.#length = 0
    this.#torn = false
    // Its bytes are on disk: nothing is lost where it cannot be closed.
    await former?.close().catch(() => undefined)
    return file
  }

  async #mend(file: AppendedFile): Promise<void> {
    await file.cut(this.#length)
    this.#torn = false
  }
}

/** An attempt that failed may have left the folder, whose name is not known to be on disk then. */
async function makeChainFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 })
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
  }
  await syncFolder(dirname(folder))
}

/** A write that takes fewer bytes than asked is gone on with; a disk that is full says so then. */
async function writeAll(file: AppendedFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const taken = await file.write(at === 0 ? bytes : bytes.subarray(at))
    if (taken <= 0) throw new Error('The file takes no more bytes.')
    at += taken
  }
}
