import {
  ConnectionLost,
  type OfficialClient,
  type ApiAnswer,
} from '../../test/support/official-client.js'
import type { Call } from './workload.js'

/** What came of one call. */
export interface Outcome {
  readonly call: Call
  /** On the clock of performance.now(), in milliseconds. */
  readonly startedAt: number
  readonly endedAt: number
  /** Status of the answer; 0 where the connection broke. */
  readonly status: number
  /** What is wrong with it, whatever fault there was. */
  readonly flaw: string | undefined
}

/** Sends one call and judges its answer: a right one of status 200, or an orderly 503. */
export async function perform(
  client: OfficialClient,
  call: Call,
): Promise<{ readonly outcome: Outcome; readonly answer: ApiAnswer | undefined }> {
  const startedAt = performance.now()
  const answer = await client.call(call.operation, call.fields).catch((error: unknown) => {
    if (error instanceof ConnectionLost) return undefined
    throw error
  })
  const endedAt = performance.now()
  const status = answer?.status ?? 0
  return { answer, outcome: { call, startedAt, endedAt, status, flaw: flawOf(call, answer) } }
}

function flawOf({ operation, right }: Call, answer: ApiAnswer | undefined): string | undefined {
  if (answer === undefined) return `${operation}: the connection broke`
  const { status, body, retryAfter } = answer
  if (status === 200) {
    const wrong = right(body)
    return wrong === undefined ? undefined : `${operation}: ${wrong}`
  }
  const code = String(body['error_code'])
  if (status !== 503 || code !== 'KMS.0104') return `${operation}: ${status} ${code}`
  return retryAfter === null ? `${operation}: 503 without Retry-After` : undefined
}

/**
 * A client pauses for so long after each answer. Without that the load alone would fill the processors of a small machine,
 * and the time of a repair would be that of the load.
 */
const THINK_MS = 10

/** Workers that call one after the other until they are told to stop. */
export class Load {
  readonly #client: OfficialClient
  readonly #workers: Promise<void>[]
  readonly #outcomes: Outcome[] = []
  readonly #answered: ((call: Call, answer: ApiAnswer) => readonly Call[]) | undefined
  #stopping = false

  /**
   * `mixes`: for each worker, what it calls next. `answered`: hears of each answer of status 200, and returns calls that
   * are made at once and together.
   */
  constructor(
    client: OfficialClient,
    mixes: readonly (() => Call | Promise<Call>)[],
    answered?: (call: Call, answer: ApiAnswer) => readonly Call[],
  ) {
    this.#client = client
    this.#answered = answered
    this.#workers = mixes.map((next) => this.#work(next))
  }

  /** What ended so far, in the order in which it ended. */
  get outcomes(): readonly Outcome[] {
    return this.#outcomes
  }

  /** Ends when every worker has the answer to its last call. */
  async stop(): Promise<readonly Outcome[]> {
    this.#stopping = true
    await Promise.all(this.#workers)
    return this.#outcomes
  }

  async #work(next: () => Call | Promise<Call>): Promise<void> {
    while (!this.#stopping) {
      const followers = await this.#perform(await next())
      await Promise.all(followers.map((call) => this.#perform(call)))
      await new Promise((resolve) => setTimeout(resolve, THINK_MS))
    }
  }

  async #perform(call: Call): Promise<readonly Call[]> {
    const { outcome, answer } = await perform(this.#client, call)
    this.#outcomes.push(outcome)
    if (answer?.status !== 200) return []
    return this.#answered?.(call, answer) ?? []
  }
}
