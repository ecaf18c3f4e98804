import { readFileSync, readdirSync } from 'node:fs'

/** Process ids of the agents that a process started, from /proc. */
export function agentPids(parent: number = process.pid): readonly number[] {
  return childPids(parent, 'agent/main.js')
}

/** Process ids of the HTTP processes of a service that has several, from /proc. */
export function httpProcessPids(supervisor: number): readonly number[] {
  return childPids(supervisor, 'http-process-main.js')
}

/** Whether a process exists, one that has ended but was not waited for left out. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** The kernel's own lists of children may miss one while another ends, so every process is asked for its parent. */
function childPids(parent: number, program: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent && commandLine(pid).includes(program))
}

/** The fourth field of the process's statistics: proc(5). The second one is a name in brackets, which may hold anything. */
function parentOf(pid: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return undefined
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

/** Waits until a condition holds; fails after `limitMs`. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  limitMs = 10_000,
): Promise<void> {
  const end = Date.now() + limitMs
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('The condition did not come true in time.')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
