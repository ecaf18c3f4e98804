/** Blocks this thread, which has nothing else to do: one call at a time is what it is for. */
export function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
