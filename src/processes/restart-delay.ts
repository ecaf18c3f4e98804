const FIRST_MS = 100
const MOST_MS = 5_000
/** Who has served for so long starts with a clean record. */
const GOOD_MS = 30_000

/**
 * How long to wait before a process is replaced, in milliseconds: not at all for one that served well, longer with every
 * one after it that did not.
 *
 * @param failures - how often in a row each place has lost a process too soon; counted on here
 */
export function restartDelayMs(
  failures: number[],
  { index, served }: { readonly index: number; readonly served: number },
): number {
  const before = served >= GOOD_MS ? 0 : (failures[index] ?? 0)
  failures[index] = before + 1
  return before === 0 ? 0 : Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(before - 1, 10))
}
