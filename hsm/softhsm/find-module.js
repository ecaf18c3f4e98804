import { existsSync } from 'node:fs'
import { SoftHsmError } from './softhsm-error.js'

/** Debian's name of the processor, as it stands in its library folders. */
const MULTIARCH = {
  x64: 'x86_64-linux-gnu',
  arm64: 'aarch64-linux-gnu',
  arm: 'arm-linux-gnueabihf',
  ia32: 'i386-linux-gnu',
  ppc64: 'powerpc64le-linux-gnu',
  riscv64: 'riscv64-linux-gnu',
  s390x: 's390x-linux-gnu',
}

/** Where packages put the library, the commonest first. */
const CANDIDATES = [
  '/usr/lib/softhsm/libsofthsm2.so', // Debian, Ubuntu, Alpine
  `/usr/lib/${MULTIARCH[process.arch] ?? process.arch}/softhsm/libsofthsm2.so`, // Debian, Ubuntu
  '/usr/lib64/softhsm/libsofthsm2.so', // Fedora
  '/usr/lib64/libsofthsm2.so', // Fedora
  '/usr/lib64/pkcs11/libsofthsm2.so', // Fedora
  '/usr/lib/libsofthsm2.so', // Fedora on 32 bits
  '/opt/homebrew/lib/softhsm/libsofthsm2.so', // macOS on Apple silicon
  '/usr/local/lib/softhsm/libsofthsm2.so', // macOS on Intel; built from source
]

/** What the operator can do where it is missing. */
export const HOW_TO_INSTALL =
  'Install it with "apt-get install softhsm2" (Debian, Ubuntu), "apk add softhsm" (Alpine), ' +
  '"dnf install softhsm" (Fedora) or "brew install softhsm" (macOS), or set SOFTHSM2_MODULE to the path of the library.'

/**
 * Finds libsofthsm2.so: where SOFTHSM2_MODULE says, else where the packages of Debian, Ubuntu, Alpine, Fedora and
 * macOS put it.
 */
export function findModule({ environment = process.env, candidates = CANDIDATES } = {}) {
  const named = environment.SOFTHSM2_MODULE
  if (named) {
    // A wrong setting must not end in another library than the one asked for.
    if (existsSync(named)) return named
    throw new SoftHsmError(`SOFTHSM2_MODULE names ${named}, which does not exist.`)
  }
  const found = candidates.find((path) => existsSync(path))
  if (found !== undefined) return found
  throw new SoftHsmError(
    `SoftHSM's library libsofthsm2.so was not found; tried ${candidates.join(', ')}. ${HOW_TO_INSTALL}`,
  )
}
