import { subcommands } from '../subcommands.js'
import { report } from './report.js'
import { retire } from './retire.js'
import { run } from './run.js'
import { status } from './status.js'
import { USAGE } from './usage.js'

/** `kmsctl hsm migrate`: moves the default keystore from one token to another. */
export const migrate = subcommands(USAGE, { status, run, report, retire })
