/* node build-program.js FOLDER: builds the injector there and writes where it is. */
import { builtInjector } from '../support/fault-injector/build.js'

process.stdout.write(builtInjector(process.argv[2]))
