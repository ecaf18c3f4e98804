import { workerData } from 'node:worker_threads'
import { dieWithParent } from './parent-watch.js'

/*
 * A thread that ends its process when the service is gone. It is there for the time in which the main thread sits in a
 * call of the library and hears nothing: a call that hangs would otherwise outlive a service that was killed, and keep
 * its session of the token.
 */

dieWithParent(Number(workerData))
