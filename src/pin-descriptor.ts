import { fstatSync } from 'node:fs'
import { type TokenAddress, UnusableUri, parseTokenUri } from './hsm/uri.js'

/** An open descriptor as shells and service managers name it. */
const DESCRIPTOR = /^\/(?:dev|proc\/self)\/fd\/(\d{1,6})$/

/**
 * Reads a PKCS#11 URI, whose PIN may also come from a descriptor that this process was given.
 *
 * Agents read the PIN, each for itself and again whenever one is replaced. They have no descriptor but their own: they
 * open the one of this process, and nobody carries the PIN to them. That takes a file, which may have lost its name; a
 * pipe gives what is in it once.
 *
 * @throws UnusableUri
 */
export function readTokenUri(uri: string): TokenAddress {
  const address = parseTokenUri(uri)
  const descriptor = DESCRIPTOR.exec(address.pinFile)?.[1]
  if (descriptor === undefined) return address
  if (process.platform !== 'linux') {
    throw new UnusableUri('A descriptor can be its pin-source on Linux only.')
  }
  if (!isFile(Number(descriptor))) {
    throw new UnusableUri(
      `Its pin-source names the descriptor ${descriptor}, which is not that of an open file.`,
    )
  }
  return { ...address, pinFile: `/proc/${process.pid}/fd/${descriptor}` }
}

function isFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile()
  } catch {
    return false
  }
}
