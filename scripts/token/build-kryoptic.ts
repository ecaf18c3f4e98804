import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

const MANIFEST = resolve('scripts/token/kryoptic/Cargo.toml')
const TARGET = resolve('var/kryoptic')
const LIBRARY = `${TARGET}/release/libkryoptic_under_test.so`
/** What bindgen and the linker need, by the names of Debian, Alpine and Fedora. */
const PACKAGES =
  "install_packages 'libclang and the headers of OpenSSL' 'libclang-dev libssl-dev libsqlite3-dev pkg-config' 'clang-dev openssl-dev sqlite-dev pkgconf' 'clang-devel openssl-devel sqlite-devel pkgconf'"

/** Kryoptic cannot be built here; the message says why. */
export class NotBuilt extends Error {
  override readonly name = 'NotBuilt'
}

/**
 * Builds Kryoptic from its crate, into `var/kryoptic`, and returns the path of the library. A second call finds it built.
 *
 * @throws NotBuilt
 */
export function buildKryoptic(): string {
  if (spawnSync('cargo', ['--version']).status !== 0) {
    throw new NotBuilt('Kryoptic is built with cargo 1.85 or later, and there is none on the PATH.')
  }
  if (cargo() !== 0) {
    // What is missing shows first when the build needs it.
    spawnSync('sh', ['-c', `. scripts/packages.sh; ${PACKAGES}`], { stdio: ['ignore', 2, 2] })
    if (cargo() !== 0) throw new NotBuilt('Kryoptic did not build: cargo says above why.')
  }
  if (!existsSync(LIBRARY)) throw new NotBuilt(`cargo built, but not to ${LIBRARY}.`)
  return LIBRARY
}

function cargo(): number | null {
  const args = ['build', '--release', '--locked', '--manifest-path', MANIFEST]
  const env = { ...process.env, CARGO_TARGET_DIR: TARGET }
  return spawnSync('cargo', args, { env, stdio: ['ignore', 2, 2] }).status
}
