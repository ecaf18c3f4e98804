import { readFileSync } from 'node:fs'
import { agentPids } from '../../test/support/agents.js'

const SAMPLE_MS = 1000
const MB = 1024 * 1024

/** The memory of a service and of its agents, weighed once a second. */
export class MemoryWatch {
  readonly #samples: { readonly service: number; readonly agents: number }[] = []
  readonly #timer: NodeJS.Timeout

  constructor(pid: () => number) {
    this.#timer = setInterval(() => this.#weigh(pid()), SAMPLE_MS)
  }

  /** Forgets what was weighed so far, e.g. when the process is a new one. */
  restart(): void {
    this.#samples.length = 0
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Median megabytes of the first and of the last quarter of the time. */
  quarters(): { readonly first: Weight; readonly last: Weight } | undefined {
    const size = Math.floor(this.#samples.length / 4)
    if (size === 0) return undefined
    return {
      first: medians(this.#samples.slice(0, size)),
      last: medians(this.#samples.slice(-size)),
    }
  }

  #weigh(pid: number): void {
    const service = residentBytes(pid)
    if (service === 0) return
    const agents = agentPids(pid).map(residentBytes)
    // An agent that is being exchanged weighs twice: the mean of one is what can leak.
    const alive = agents.filter((bytes) => bytes > 0)
    const mean = alive.reduce((sum, bytes) => sum + bytes, 0) / Math.max(1, alive.length)
    this.#samples.push({ service, agents: mean })
  }
}

/** Megabytes of the service's process, and of one agent. */
export interface Weight {
  readonly service: number
  readonly agent: number
}

function medians(samples: readonly { service: number; agents: number }[]): Weight {
  return {
    service: median(samples.map(({ service }) => service)) / MB,
    agent: median(samples.map(({ agents }) => agents)) / MB,
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

function residentBytes(pid: number): number {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return Number(kilobytes ?? 0) * 1024
  } catch {
    return 0
  }
}
