import { SHARE_ENV, Worker } from 'node:worker_threads'

const WATCH = new URL('./service-watch.js', import.meta.url)
/** It holds next to nothing; most of the 10 MB that a thread costs are what every thread has. */
const LIMITS = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16, stackSizeMb: 1 }

/**
 * Has this process end by a signal within a second of the end of its service, whatever its main thread is at. Its first
 * argument names the process of the service: asked here for its parent, an agent whose service ended meanwhile would
 * watch over somebody else.
 */
export function endWithService(): void {
  const workerData = Number(process.argv[2])
  new Worker(WATCH, { workerData, resourceLimits: LIMITS, env: SHARE_ENV }).unref()
}
