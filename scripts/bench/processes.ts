import { existsSync, readFileSync, readdirSync } from 'node:fs'

/** Linux counts processor time for its users in hundredths of a second, whatever its own clock is. */
const US_PER_TICK = 10_000
const KB_PER_MB = 1024

/** Memory of a process in 2^20 bytes. */
export interface Resident {
  /** VmRSS: now. */
  readonly mb: number
  /** RssFile: the part of it that are pages of files: programs and libraries. */
  readonly fileMb: number
  /** VmHWM: the most that it ever was. */
  readonly peakMb: number
}

/** Whether this system shows what its processes use. */
export function processesAreShown(): boolean {
  return existsSync('/proc/self/stat')
}

/** The processes that a process started and that live. */
export function childrenOf(pid: number): readonly number[] {
  return namesIn(`/proc/${pid}/task`).flatMap((thread) =>
    (read(`/proc/${pid}/task/${thread}/children`) ?? '').split(' ').filter(Boolean).map(Number),
  )
}

/** Memory of a process; nothing where it is gone. */
export function residentMemory(pid: number): Resident | undefined {
  const status = read(`/proc/${pid}/status`)
  if (status === undefined) return undefined
  const [mb, fileMb, peakMb] = ['VmRSS', 'RssFile', 'VmHWM'].map((name) => mbOf(status, name))
  // A process that has ended and is not forgotten yet has none of them.
  if (mb === undefined || fileMb === undefined || peakMb === undefined) return undefined
  return { mb, fileMb, peakMb }
}

function mbOf(status: string, name: string): number | undefined {
  const kb = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]
  return kb === undefined ? undefined : Number(kb) / KB_PER_MB
}

/** Every process below another that lives. */
export function descendantsOf(pid: number): readonly number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)])
}

/**
 * Processor time that a process used so far, and all processes below it with those of their children that have ended, in
 * microseconds.
 */
export function processorTime(pid: number): { readonly own: number; readonly children: number } {
  const own = timesOf(pid)
  const living = descendantsOf(pid).map((one) => timesOf(one))
  return {
    own: own.self,
    children: living.reduce((sum, { self, ended }) => sum + self + ended, own.ended),
  }
}

/** utime, stime, cutime and cstime: fields 14 to 17 of proc_pid_stat(5), the 12th to 15th behind the name. */
function timesOf(pid: number): { readonly self: number; readonly ended: number } {
  const stat = read(`/proc/${pid}/stat`) ?? ''
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15).map(Number)
  return { self: US_PER_TICK * (user + system), ended: US_PER_TICK * (endedUser + endedSystem) }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** Nothing where the process has ended in the meantime. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
