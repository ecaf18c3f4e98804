const FIRST_MS = 100
/** A token that is back must not wait for us: an attempt costs a tenth of a second of one processor. */
const MOST_MS = 400

/**
 * How long to wait before the next agent is started, in milliseconds.
 *
 * As many losses in a row as there are agents cost no wait; a token that goes on failing is asked more rarely.
 */
export function backOffMs(count: { readonly failures: number; readonly agents: number }): number {
  const beyond = count.failures - count.agents
  return beyond <= 0 ? 0 : Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(beyond - 1, 10))
}
