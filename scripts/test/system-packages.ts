import { chromiumProgram } from '../../test/support/chromium.js'
import { nssModule } from '../../test/support/nss-token.js'
import { postgresBinaries } from '../../test/support/postgres.js'
import { softHsmModule } from '../../test/support/softhsm-token.js'
import { runProgram } from './program.js'

/** What tests need from the system, and the shell function of scripts/packages.sh that brings it. */
const NEEDS = [
  { find: softHsmModule, install: 'install_packages SoftHSM softhsm2 softhsm softhsm' },
  { find: nssModule, install: "install_packages 'NSS softokn' libnss3 nss nss-softokn" },
  { find: postgresBinaries, install: 'install_postgresql' },
  { find: chromiumProgram, install: 'install_packages Chromium chromium chromium chromium' },
] as const

/**
 * Installs what is missing. What cannot be installed is no failure: the suites that need it are skipped, and say so.
 */
export async function provideSystemPackages(): Promise<void> {
  for (const { find, install } of NEEDS) {
    if (find() === undefined) {
      await runProgram('packages', ['sh', '-c', `. scripts/packages.sh; ${install}`])
    }
  }
}
