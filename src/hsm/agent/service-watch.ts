import { workerData } from 'node:worker_threads'

/*
 * A thread that ends its process when the service is gone. It is there for the time in which the main thread sits in a
 * call of the library and hears nothing: a call that hangs would otherwise outlive a service that was killed, and keep
 * its session of the token.
 */

/** How often it looks, in milliseconds. */
const LOOK_MS = 500

// Who lost its parent has another one: that of the system, or the nearest that asked for orphans.
setInterval(() => {
  if (process.ppid !== workerData) process.kill(process.pid, 'SIGKILL')
}, LOOK_MS)
