import { die } from './die.js'

/** How often it looks, in milliseconds. */
const LOOK_MS = 500

/**
 * Has this process end by a signal within a second of the end of its service, from a thread that hears nothing of the
 * channel. `service`: the process id of the service; asked here for its parent, an agent whose service ended meanwhile
 * would watch over somebody else.
 */
export function dieWithParent(service = Number(process.argv[2])): void {
  // Who lost its parent has another one: that of the system, or the nearest that asked for orphans.
  setInterval(() => {
    if (process.ppid !== service) die()
  }, LOOK_MS)
}
