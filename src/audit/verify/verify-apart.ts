import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ChainReport } from './verify-log.js'

const PROGRAM = fileURLToPath(new URL('./verify-process.js', import.meta.url))
/** Lines live for a moment: with more room they would only be thrown away later, and nobody waits for the end. */
const FLAGS = ['--max-semi-space-size=1', '--optimize-for-size']

/** What the process is told to do. */
export interface VerifyOrder {
  readonly folder: string
  /** DER of SubjectPublicKeyInfo, one for each key. */
  readonly publicKeys: readonly Uint8Array[]
}

/** What it says: nothing else ever. */
export type VerifyOutcome = readonly ChainReport[] | { readonly failed: string }

/**
 * Does what `verifyLog` does in a process of its own, which takes the processor time that is left over: a log of months
 * takes hours, and calls must not wait for it. With the process goes all memory that it took, which a thread would leave
 * behind in the service.
 *
 * @returns nothing where the signal ended it
 * @throws Error that says why the folder could not be read, or how the process ended
 */
export function verifyApart(
  order: VerifyOrder,
  signal: AbortSignal,
): Promise<readonly ChainReport[] | undefined> {
  if (signal.aborted) return Promise.resolve(undefined)
  const child = fork(PROGRAM, [], {
    execArgv: FLAGS,
    env: {},
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  return new Promise((resolve, reject) => {
    let outcome: VerifyOutcome | undefined
    function kill(): void {
      child.kill('SIGKILL')
    }
    signal.addEventListener('abort', kill, { once: true })
    child.once('message', (message) => {
      // Both ends are of one build.
      outcome = message as VerifyOutcome
      child.disconnect()
    })
    // One that could not be started has no end; after an end this comes too late to count.
    child.on('error', reject)
    child.once('exit', (code, by) => {
      signal.removeEventListener('abort', kill)
      if (signal.aborted) resolve(undefined)
      else if (outcome === undefined) reject(new Error(untimely(code ?? by)))
      else if ('failed' in outcome) reject(new Error(outcome.failed))
      else resolve(outcome)
    })
    child.send(order, () => undefined)
  })
}

function untimely(end: number | NodeJS.Signals | null): string {
  return `The process that verifies the audit log ended before its time: ${end ?? 'unknown'}.`
}
