/** Why there is no token: the message is a sentence for the operator and never holds a PIN. */
export class SoftHsmError extends Error {
  override readonly name: 'SoftHsmError'
}

/** Where a SoftHSM token is and what its processes need. */
export interface DevelopmentToken {
  /** RFC 7512 address with module-path and pin-source; holds no PIN. */
  readonly uri: string
  /** Must be in the real environment of every process that loads the library. */
  readonly environment: { readonly SOFTHSM2_CONF: string }
  /** Absolute path of the folder, mode 0700. */
  readonly directory: string
  readonly label: string
  /** Absolute paths; the PIN files have mode 0600, `tokens` is SoftHSM's own folder. */
  readonly files: {
    readonly configuration: string
    readonly userPin: string
    readonly soPin: string
    readonly tokens: string
  }
}

/** A token in a temporary folder. */
export interface ThrowAwayToken extends DevelopmentToken {
  /** Deletes the folder with all keys; may be called twice. */
  readonly remove: () => Promise<void>
}

/**
 * Finds libsofthsm2.so: where SOFTHSM2_MODULE says, else where the packages of Debian, Ubuntu, Alpine, Fedora and
 * macOS put it.
 *
 * @throws SoftHsmError that lists what was tried and how to install it.
 */
export function findModule(search?: {
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly candidates?: readonly string[]
}): string

/**
 * Installs SoftHSM 2 with the system's package manager (apt-get, apk, dnf; brew on macOS), whose output goes to stderr.
 *
 * @throws SoftHsmError when there is no such manager, the caller may not use it, or it fails.
 */
export function installSoftHsm(): Promise<void>

/**
 * Describes the development token of a folder without touching anything.
 *
 * @param directory - Folder of the token; made absolute.
 * @param label - Token label, 1 to 32 bytes; `kms` unless told.
 * @throws SoftHsmError when the library is missing or SoftHSM cannot express the folder or label.
 */
export function developmentToken(directory: string, label?: string): DevelopmentToken

/**
 * Makes the development token of a folder with random PINs, or finds the one that is there; installs SoftHSM first
 * where it is missing. Safe to repeat after a crash and to run in several processes at once.
 *
 * @throws SoftHsmError when SoftHSM cannot be had, or the folder holds a token without its user PIN or with another
 * label; nothing is destroyed.
 */
export function prepareDevelopmentToken(
  directory: string,
  label?: string,
): Promise<DevelopmentToken>

/** Makes a token in a new folder, under the system's temporary folder where no other is named. */
export function createThrowAwayToken(within?: string): Promise<ThrowAwayToken>
