import type { HttpProcess } from './http-process.js'

/** How long whoever asks waits for the slowest, in milliseconds. */
const PATIENCE_MS = 1_000

interface Open {
  readonly from: readonly HttpProcess[]
  readonly answers: Map<HttpProcess, unknown>
  finish(this: void): void
}

/** What HTTP processes are asked, and who has answered. */
export class Questions {
  readonly #open = new Map<number, Open>()
  #next = 1

  /** Asks processes; resolves with an answer for each in their order, `undefined` where it did not come in time. */
  async ask(from: readonly HttpProcess[], topic: string, content: unknown) {
    if (from.length === 0) return []
    const id = this.#next++
    const answers = new Map<HttpProcess, unknown>()
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((finish) => {
      this.#open.set(id, { from, answers, finish })
      timer = setTimeout(finish, PATIENCE_MS)
      for (const process of from) process.tell({ kind: 'asked', id, topic, content })
    })
    clearTimeout(timer)
    this.#open.delete(id)
    return from.map((process) => answers.get(process))
  }

  answered(process: HttpProcess, id: number, content: unknown): void {
    const open = this.#open.get(id)
    if (!open?.from.includes(process)) return
    open.answers.set(process, content)
    if (open.answers.size === open.from.length) open.finish()
  }

  /** A process will not answer any more. */
  ended(process: HttpProcess): void {
    for (const [id, open] of this.#open) {
      if (!open.answers.has(process)) this.answered(process, id, undefined)
    }
  }
}
