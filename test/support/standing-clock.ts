/**
 * Loaded before a service (`--import`), makes its time of day stand still for good, as a clock does that is set back
 * again and again: nothing that is to end after a while may rely on it.
 */
const start = Date.now()
const STEP_MS = 300

Date.now = function now(): number {
  return start + Math.floor(performance.now() % STEP_MS)
}
