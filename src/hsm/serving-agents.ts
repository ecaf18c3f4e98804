import type { AgentProcess } from './agent-process.js'

/**
 * The agents that serve, and those that finish what they have. One that has done its share of calls, since libraries leak,
 * or that did not find a key which may be there, is worn: it serves on, and goes first when another one has come.
 */
export class ServingAgents {
  readonly #wanted: number
  readonly #share: number
  readonly #ready = new Set<AgentProcess>()
  readonly #retiring = new Set<AgentProcess>()
  readonly #doubted = new Set<AgentProcess>()

  /** `wanted`: how many there are to be. `share`: calls after which one is worn; 0: it never is by that. */
  constructor({ wanted, share }: { readonly wanted: number; readonly share: number }) {
    this.#wanted = wanted
    this.#share = share
  }

  /** How many take calls. */
  get count(): number {
    return this.#ready.size
  }

  /** How many sessions those have. */
  get sessions(): number {
    let sessions = 0
    for (const agent of this.#ready) sessions += agent.sessions
    return sessions
  }

  /** Whether another one is to be started. */
  get needsAnother(): boolean {
    return this.#ready.size < this.#wanted || this.#worn() !== undefined
  }

  /** Those that have not ended. */
  get all(): readonly AgentProcess[] {
    return [...this.#ready, ...this.#retiring]
  }

  /** A new agent is ready: if there is one more than wanted, a worn one goes, or the oldest, after what it still has. */
  add(agent: AgentProcess): void {
    this.#ready.add(agent)
    if (this.#ready.size <= this.#wanted) return
    const [oldest] = this.#ready
    const leaver = this.#worn() ?? oldest
    if (!leaver) return
    this.#ready.delete(leaver)
    this.#retiring.add(leaver)
    leaver.retire(this.#doubted.has(leaver) ? 'doubted' : 'recycled')
  }

  /** It has ended. */
  remove(agent: AgentProcess): void {
    this.#ready.delete(agent)
    this.#retiring.delete(agent)
    this.#doubted.delete(agent)
  }

  /** It did not find a key that may be there. */
  doubt(agent: AgentProcess): void {
    this.#doubted.add(agent)
  }

  isWorn(agent: AgentProcess): boolean {
    return this.#doubted.has(agent) || (this.#share > 0 && agent.calls >= this.#share)
  }

  /** The agent with most idle sessions; where none has any, that with most room for jobs that wait for its next one. */
  freest(): AgentProcess | undefined {
    let freest: AgentProcess | undefined
    for (const agent of this.#ready) {
      if (agent.room > 0 && (!freest || agent.load < freest.load)) freest = agent
    }
    return freest
  }

  /** How many of the jobs that wait the freest agent is to take, so that every agent that has room gets its part. */
  partOf(waiting: number): number {
    let free = 0
    for (const agent of this.#ready) if (agent.room > 0) free++
    return Math.ceil(waiting / Math.max(1, free))
  }

  /**
   * Whether one more job that is slow by nature may be handed out: of all sessions one is kept from them, where there are
   * two, so that the others are served meanwhile.
   */
  get maySlow(): boolean {
    let slow = 0
    for (const agent of this.#ready) slow += agent.slow
    return slow < Math.max(1, this.sessions - 1)
  }

  /** Answers jobs whose deadline has passed, and kills agents that are at one for longer than it may take. */
  sweep(now: number): void {
    for (const agent of this.all) {
      agent.expire(now)
      if (agent.isStuck(now)) agent.kill('hung')
    }
  }

  /** Lets every agent finish what it has, and no more. */
  close(): void {
    for (const agent of this.#ready) agent.retire('closed')
  }

  #worn(): AgentProcess | undefined {
    return [...this.#ready].find((agent) => this.isWorn(agent))
  }
}
