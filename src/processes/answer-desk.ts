import { monotonic } from '../core/clock.js'
import type { PinWriting } from '../core/login-turns.js'
import { LeaseLedger, type LeaseRequest } from '../limits/leases.js'
import { SummedMetrics } from '../telemetry/summed-metrics.js'
import type { HttpProcess } from './http-process.js'
import { LoginLedger } from './login-ledger.js'
import { type FromHttpProcess, type LoginOver, SUPERVISOR_TOPICS } from './messages.js'
import { Questions } from './questions.js'

type Asked = Extract<FromHttpProcess, { kind: 'ask' }>
type Answered = Extract<FromHttpProcess, { kind: 'answer' }>

/** Answers what HTTP processes ask: by itself what concerns all of them, and else with what the others say. */
export class AnswerDesk {
  readonly #count: number
  readonly #serving: () => readonly HttpProcess[]
  readonly #questions = new Questions()
  readonly #metrics = new SummedMetrics<HttpProcess>()
  readonly #ledger = new LeaseLedger(monotonic)
  readonly #logins = new LoginLedger<HttpProcess>()

  /** `count`: how many processes there are to be. `serving`: those that serve now. */
  constructor(count: number, serving: () => readonly HttpProcess[]) {
    this.#count = count
    this.#serving = serving
  }

  /** Tells a process what it asked for. */
  async asked(process: HttpProcess, { id, topic, content }: Asked): Promise<void> {
    process.tell({ kind: 'answers', id, contents: await this.#answers(process, topic, content) })
  }

  /** A process has answered what another one asked. */
  answered(process: HttpProcess, { id, content }: Answered): void {
    this.#questions.answered(process, id, content)
  }

  /** A process has ended: it answers nothing any more, and logs in nowhere. */
  ended(process: HttpProcess): void {
    this.#questions.ended(process)
    this.#logins.ended(process)
  }

  /** What a process that has ended had counted stays in the sums. */
  keepFigures(process: HttpProcess): void {
    void this.#metrics.ended(process)
  }

  async #answers(asking: HttpProcess, topic: string, content: unknown) {
    if (topic === SUPERVISOR_TOPICS.lease) {
      // Made by the limits of the same program.
      return [this.#ledger.take(content as LeaseRequest)]
    }
    if (topic === SUPERVISOR_TOPICS.login) {
      // Asked by the link of the same program, as what follows is.
      return [this.#logins.ask(asking, content as PinWriting)]
    }
    if (topic === SUPERVISOR_TOPICS.loginOver) {
      const { writing, refused } = content as LoginOver
      this.#logins.over(writing, refused)
      return []
    }
    const serving = this.#serving()
    if (topic !== SUPERVISOR_TOPICS.metrics) {
      return await this.#questions.ask(
        serving.filter((process) => process !== asking),
        topic,
        content,
      )
    }
    const said = await this.#questions.ask(serving, topic, content)
    serving.forEach((process, index) => this.#metrics.heard(process, said[index]))
    const starting = this.#count - serving.length
    return [await this.#metrics.text({ serving: serving.length, starting })]
  }
}
