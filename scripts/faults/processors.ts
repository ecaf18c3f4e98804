import { readFileSync } from 'node:fs'

/** How much of the processors other programs took while something was measured. */
export class ProcessorWatch {
  readonly #own: () => readonly number[]
  readonly #before: Ticks

  /** `own`: the processes of the measurement besides this one; time of children that ended counts with their parents. */
  constructor(own: () => readonly number[]) {
    this.#own = own
    this.#before = this.#ticks()
  }

  /** Part of all processor time since the beginning, 0 to 1; 0 where the system does not tell. */
  othersShare(): number {
    const now = this.#ticks()
    const total = now.total - this.#before.total
    if (total <= 0) return 0
    const others = now.busy - this.#before.busy - (now.own - this.#before.own)
    return Math.min(1, Math.max(0, others / total))
  }

  #ticks(): Ticks {
    const pids = [process.pid, ...this.#own()]
    const own = pids.reduce((sum, pid) => sum + ticksOf(pid), 0)
    return { ...systemTicks(), own }
  }
}

interface Ticks {
  readonly busy: number
  readonly total: number
  readonly own: number
}

/** Line `cpu` of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal. */
function systemTicks(): { readonly busy: number; readonly total: number } {
  const fields =
    read('/proc/stat').split('\n')[0]?.trim().split(/\s+/).slice(1, 9).map(Number) ?? []
  const total = fields.reduce((sum, field) => sum + field, 0)
  const [idle = 0, waiting = 0] = fields.slice(3, 5)
  return { busy: total - idle - waiting, total }
}

/** Time of a process and of its children that ended: fields 14 to 17 of /proc/PID/stat, counted behind the name. */
function ticksOf(pid: number): number {
  const text = read(`/proc/${pid}/stat`)
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
