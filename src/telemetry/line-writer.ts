import { type Sink, openSink } from './sink.js'

/**
 * Lines are handed to the system in blocks of this many bytes at the most, or when the timer fires. Each block wakes a
 * thread of the process, which costs more than its bytes do.
 */
const BLOCK_BYTES = 32_768
/**
 * Where several processes write to one pipe, nothing of this length is torn apart by what others write (PIPE_BUF of
 * Linux): a block is as many whole lines as fit in, but one line at least.
 */
export const SHARED_BLOCK_BYTES = 4096
const FLUSH_INTERVAL_MS = 500
/** What is held back for a reader that has stopped reading; whatever comes on top is lost. */
const MAX_HELD_CHARACTERS = 8 * 1024 * 1024
/** How long the last lines may take. */
const CLOSE_WITHIN_MS = 1000
const RETRY_MS = 20

/**
 * Writes lines to a file descriptor in blocks, beside the event loop.
 *
 * Written here because the usual destination of the logger keeps a process from ending: it goes round for ever when it
 * has to flush to a full disk, and waits for ever for the reader of a full pipe. Here a line that cannot be written is
 * lost, and nothing else.
 */
export class LineWriter {
  readonly #sink: Sink
  readonly #timer: NodeJS.Timeout
  readonly #blockBytes: number
  #lines: string[] = []
  #held = 0
  /** What is being written now, and what is left of it after a short write. */
  #block: Uint8Array | undefined
  #busy = false
  #lost = 0

  /** @param blockBytes - most bytes of whole lines that are written at once */
  constructor(fd: number, blockBytes = BLOCK_BYTES) {
    this.#blockBytes = blockBytes
    this.#sink = openSink(fd)
    this.#timer = setInterval(() => this.#next(), FLUSH_INTERVAL_MS).unref()
  }

  /** Takes a line that ends in a line feed. */
  write(line: string): void {
    if (this.#held > MAX_HELD_CHARACTERS) {
      this.#lost += 1
      return
    }
    this.#lines.push(line)
    this.#held += line.length
    if (this.#held >= this.#blockBytes) this.#next()
  }

  /** How many lines were lost because nobody read them. */
  get lost(): number {
    return this.#lost
  }

  /** Writes what is left, for a second at the most. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    const end = performance.now() + CLOSE_WITHIN_MS
    while (!this.#isEmpty() && performance.now() < end) {
      this.#next()
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS / 10))
    }
  }

  #isEmpty(): boolean {
    return !this.#block && this.#lines.length === 0
  }

  #next(): void {
    if (this.#busy || this.#isEmpty()) return
    const block = (this.#block ??= this.#take())
    this.#busy = true
    this.#sink(block, (error, written) => {
      this.#busy = false
      this.#advance(block, error, written)
    })
  }

  #take(): Uint8Array {
    let count = 0
    let bytes = 0
    for (const line of this.#lines) {
      bytes += Buffer.byteLength(line)
      if (count > 0 && bytes > this.#blockBytes) break
      count += 1
    }
    const text = this.#lines.splice(0, count).join('')
    this.#held -= text.length
    return Buffer.from(text)
  }

  #advance(
    block: Uint8Array,
    error: NodeJS.ErrnoException | null | undefined,
    written: number,
  ): void {
    if (error?.code === 'EAGAIN') {
      setTimeout(() => this.#next(), RETRY_MS).unref()
      return
    }
    // A block that cannot be written is lost: the next one may fare better.
    this.#block = error || written >= block.length ? undefined : block.subarray(written)
    if (this.#block || this.#held >= this.#blockBytes) this.#next()
  }
}
