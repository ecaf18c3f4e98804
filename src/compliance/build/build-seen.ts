import type { Seen } from '../seen.js'

/** A package of the running build, as the lock file and its own folder tell of it. */
export interface PackageSeen {
  readonly name: string
  /** As locked. */
  readonly version: string
  /** Subresource integrity of its archive, e.g. `sha512-…`; nothing where the lock file has none. */
  readonly integrity: string | undefined
  /** SPDX expression, as its own package.json says; nothing where it says none. */
  readonly licence: string | undefined
  /** Version in its folder; nothing where the folder is not there. */
  readonly installed: string | undefined
  /** Whether the build can do without it, as with the binaries of other platforms. */
  readonly optional: boolean
  /** Whether it is part of this tree, rather than of a registry. */
  readonly own: boolean
}

/** A package in which vulnerabilities are known. */
export interface VulnerablePackage {
  readonly name: string
  readonly severity: string
  readonly advisories: readonly string[]
}

/** The running build. */
export interface BuildSeen {
  readonly name: string
  readonly version: string
  /** SHA-256 of package-lock.json, hexadecimal. */
  readonly lockSha256: string
  /** Of those that the service needs when it runs. */
  readonly packages: readonly PackageSeen[]
  readonly node: string
  readonly openssl: string
  readonly vulnerable: Seen<readonly VulnerablePackage[]>
}
