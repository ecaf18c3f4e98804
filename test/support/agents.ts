import { readFileSync, readdirSync } from 'node:fs'

/** Process ids of the agents that a process started, from /proc. */
export function agentPids(parent: number = process.pid): readonly number[] {
  return readdirSync(`/proc/${parent}/task`)
    .flatMap((thread) => childrenOf(parent, thread))
    .filter((pid) => commandLine(pid).includes('agent/main.js'))
}

function childrenOf(parent: number, thread: string): readonly number[] {
  try {
    const text = readFileSync(`/proc/${parent}/task/${thread}/children`, 'utf8')
    return text.split(' ').filter(Boolean).map(Number)
  } catch {
    return []
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
export async function until(condition: () => boolean, limitMs = 10_000): Promise<void> {
  const end = Date.now() + limitMs
  while (!condition()) {
    if (Date.now() > end) throw new Error('The condition did not come true in time.')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
