import { SupervisorLink } from './supervisor-link.js'

/*
 * One of several HTTP processes, under a supervisor. It looks for that before it loads the program, which takes a second
 * and more: nobody would hear meanwhile that the supervisor has ended.
 */

// What is left half made by a start is what any crash leaves.
const link = new SupervisorLink(() => process.exit(1))
const { runHttpProcess } = await import('./run-http-process.js')
await runHttpProcess(Number(process.argv[2]), link)
