import { Acknowledged } from '../faults/acknowledged.js'
import { type Outcome, perform } from '../faults/load.js'
import { type Call, callsOn } from '../faults/workload.js'
import { ChangedKey } from './changed-key.js'
import type { Replica } from './replica.js'
import type { Stand } from './stand.js'

/** So many frames are kept of a run, to be opened at its end. */
const FRAMES = 1500
/** Objects on a SoftHSM token make each start of an agent slower. */
const MOST_KEYS = 250
const BETWEEN_KEYS_MS = 700
/** A change has to be seen on every replica after this time. */
const SEEN_AFTER_MS = 1000
const CALLERS = 6
const CHANGERS = 2

/** Clients of both replicas, who remember what they were answered. */
export class Users {
  readonly #stand: Stand
  readonly #acknowledged = new Acknowledged(FRAMES)
  readonly #changed: ChangedKey[] = []
  readonly #flaws: string[] = []
  readonly #statuses = new Map<number, number>()
  #workers: readonly Promise<void>[] = []
  #stopping = false

  private constructor(stand: Stand) {
    this.#stand = stand
  }

  /** Lets them begin. */
  static async start(stand: Stand): Promise<Users> {
    const users = new Users(stand)
    for (let index = 0; index < CHANGERS; index++) {
      users.#changed.push(await ChangedKey.create(stand.first.client))
    }
    users.#workers = [
      ...Array.from({ length: CALLERS }, (_, index) => users.#use(index)),
      users.#makeKeys(),
      ...users.#changed.map((key) => users.#change(key)),
    ]
    return users
  }

  /** What was wrong with an answer so far. */
  get flaws(): readonly string[] {
    return this.#flaws
  }

  get changes(): number {
    return this.#changed.reduce((sum, key) => sum + key.changes, 0)
  }

  /** Frames and keys that are held against the service at the end. */
  get kept(): number {
    return this.#acknowledged.size
  }

  answered(status: number): number {
    return this.#statuses.get(status) ?? 0
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await Promise.all(this.#workers)
  }

  /** Uses every key and opens every frame that was acknowledged, on one replica. */
  lost(on: Replica): Promise<readonly string[]> {
    return this.#acknowledged.check(on.client)
  }

  /** Compares the keys that were changed with what was acknowledged, on one replica. */
  async undone(on: Replica): Promise<readonly string[]> {
    const found = await Promise.all(this.#changed.map((key) => key.checkAtLast(on.client)))
    return found.flatMap((flaw) => flaw ?? [])
  }

  async #use(index: number): Promise<void> {
    const { encrypt, decrypt, mac, sign, datakey, random } = callsOn(this.#stand.keys)
    const mix = [encrypt, decrypt, encrypt, mac, encrypt, sign, datakey, random]
    for (let turn = index; !this.#stopping; turn++) {
      await this.#call((mix[turn % mix.length] ?? encrypt)())
    }
  }

  async #makeKeys(): Promise<void> {
    const { createKey } = callsOn(this.#stand.keys)
    for (let made = 0; made < MOST_KEYS && !this.#stopping; made++) {
      await this.#call(createKey())
      await pause(BETWEEN_KEYS_MS)
    }
  }

  async #change(key: ChangedKey): Promise<void> {
    while (!this.#stopping) {
      const outcome = await key.change(this.#anyReplica().client)
      if (typeof outcome === 'object') {
        this.#flaws.push(outcome.flaw)
        return
      }
      await pause(outcome === 'acknowledged' ? SEEN_AFTER_MS : 50)
      const flaw = await key.check(this.#anyReplica().client)
      if (flaw !== undefined) this.#flaws.push(flaw)
    }
  }

  async #call(call: Call): Promise<void> {
    const replica = this.#anyReplica()
    const { outcome, answer } = await perform(replica.client, call)
    this.#judge(replica, outcome)
    if (answer?.status === 200) this.#acknowledged.note(call, answer)
    else await pause(20)
  }

  #judge(replica: Replica, { status, startedAt, endedAt, flaw }: Outcome): void {
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1)
    if (flaw === undefined) return
    // A killed process breaks its connections; that is all that it may do.
    if (status === 0 && replica.wasDown(startedAt, endedAt)) return
    this.#flaws.push(`${replica.name} replica: ${flaw}`)
  }

  #anyReplica(): Replica {
    return Math.random() < 0.5 ? this.#stand.first : this.#stand.second
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
