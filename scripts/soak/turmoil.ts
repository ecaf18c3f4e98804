import type { FaultAction, FaultMatch } from '../../test/support/fault-injector/fault-rule.js'
import { COLUMNS, ROWS } from '../faults/matrix.js'
import type { Replica } from './replica.js'
import type { Stand } from './stand.js'

/** Seconds between two events of a kind. */
export interface Rhythm {
  readonly faults: number
  readonly kills: number
  readonly restarts: number
}

/** Everything that goes wrong during a run: faults of the token, killed replicas, restarts of the database. */
export class Turmoil {
  readonly #stand: Stand
  readonly #until: number
  readonly #loops: readonly Promise<void>[]
  #stopping = false
  readonly counts = { faults: 0, hits: 0, kills: 0, restarts: 0 }

  /** `firstKilledUntil`: until this moment the first replica is killed too, then it is left alone to be weighed. */
  constructor(stand: Stand, rhythm: Rhythm, firstKilledUntil: number) {
    this.#stand = stand
    this.#until = firstKilledUntil
    this.#loops = [
      this.#every(rhythm.faults, () => this.#fault()),
      this.#every(rhythm.kills, (turn) => this.#kill(turn)),
      this.#every(rhythm.restarts, () => this.#restart()),
    ]
  }

  /** Ends it when what is under way is done. */
  async stop(): Promise<void> {
    this.#stopping = true
    await Promise.all(this.#loops)
    this.#stand.faults.clear()
  }

  async #every(seconds: number, event: (turn: number) => Promise<void>): Promise<void> {
    for (let turn = 0; ; turn++) {
      for (const next = performance.now() + 1000 * seconds; performance.now() < next;) {
        if (this.#stopping) return
        await pause(100)
      }
      await event(turn)
    }
  }

  async #fault(): Promise<void> {
    const { match, action, lastsMs } = anyFault()
    this.counts.faults++
    const fault = this.#stand.faults.inject(match, action)
    await pause(lastsMs)
    fault.remove()
    this.counts.hits += fault.hits()
  }

  async #kill(turn: number): Promise<void> {
    const both = performance.now() < this.#until
    const replica: Replica = both && turn % 2 === 1 ? this.#stand.first : this.#stand.second
    this.counts.kills++
    await replica.kill()
  }

  async #restart(): Promise<void> {
    this.counts.restarts++
    await this.#stand.postgres.restart()
  }
}

/** Refused PINs are left out: the service then waits for its operator, as the fault matrix shows. */
function anyFault(): { match: FaultMatch; action: FaultAction; lastsMs: number } {
  const column = anyOf(COLUMNS.filter(({ title }) => !title.startsWith('CKR_PIN_')))
  const row = anyOf(ROWS)
  const lasting = Math.random() < 0.3
  if (Math.random() < 0.1) {
    return { match: { function: '*' }, action: { delayMicroseconds: 3000 }, lastsMs: 1500 }
  }
  if (lasting) return { match: row.match, action: column.lasting, lastsMs: 800 }
  return { match: { ...row.match, count: 1 }, action: column.once, lastsMs: 1200 }
}

function anyOf<Item>(items: readonly Item[]): Item {
  const item = items[Math.floor(Math.random() * items.length)]
  if (item === undefined) throw new Error('Nothing to choose from.')
  return item
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
