import { type Resident, childrenOf, residentMemory } from './processes.js'

const INTERVAL_MS = 100

/** Memory at one moment, in 2^20 bytes. */
export interface Sample {
  /** The service process alone. */
  readonly serviceMb: number
  /** It and every process that it started. Pages that they share count in each. */
  readonly totalMb: number
  /** The same with the pages of files counted once, in the process that has the most of them. */
  readonly distinctMb: number
}

/** Looks at the memory of a process and its children, again and again. */
export class MemorySampler {
  readonly #pid: number
  readonly #timer: NodeJS.Timeout
  readonly #peaks = new Map<number, number>()
  #samples: Sample[] = []

  constructor(pid: number) {
    this.#pid = pid
    this.#timer = setInterval(() => this.sample(), INTERVAL_MS)
  }

  /** Takes a sample now. */
  sample(): void {
    const found = [this.#pid, ...childrenOf(this.#pid)].map((pid) => this.#look(pid))
    const totalMb = found.reduce((sum, { mb }) => sum + mb, 0)
    const files = found.map(({ fileMb }) => fileMb)
    const shared = files.reduce((sum, mb) => sum + mb, 0) - Math.max(...files)
    this.#samples.push({ serviceMb: found[0]?.mb ?? 0, totalMb, distinctMb: totalMb - shared })
  }

  /** The samples since the last time, at least one. */
  take(): readonly Sample[] {
    this.sample()
    const samples = this.#samples
    this.#samples = []
    return samples
  }

  /** The most that each process ever had, the first one's first. */
  peaks(): readonly { readonly pid: number; readonly peakMb: number }[] {
    return [...this.#peaks].map(([pid, peakMb]) => ({ pid, peakMb }))
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(pid: number): Resident {
    const resident = residentMemory(pid)
    if (!resident) return { mb: 0, fileMb: 0, peakMb: 0 }
    this.#peaks.set(pid, resident.peakMb)
    return resident
  }
}
