/** Where the token is, from an RFC 7512 URI. Exactly one of `token` and `serial` may be enough; both must match if given. */
export interface TokenAddress {
  readonly modulePath: string
  readonly token: string | undefined
  readonly serial: string | undefined
  readonly manufacturer: string | undefined
  readonly model: string | undefined
  /** File that holds the user PIN. */
  readonly pinFile: string
  /** Library parameters for modules that need them (NSS); vendor attribute `x-library-parameters`. */
  readonly libraryParameters: string | undefined
}

/** A PKCS#11 URI that cannot be used; the message is a sentence that says why. */
export class UnusableUri extends Error {
  override readonly name = 'UnusableUri'
}

const PATH_ATTRIBUTES = ['token', 'serial', 'manufacturer', 'model'] as const
const QUERY_ATTRIBUTES = ['module-path', 'pin-source', 'x-library-parameters'] as const

/**
 * Reads a PKCS#11 URI (RFC 7512 section 2.3), e.g.
 * `pkcs11:token=kms?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/run/secrets/hsm-pin`.
 *
 * The token is named by label or serial, never by slot: slot numbers move. A `pin-value` is refused, because
 * environments and command lines are readable by others.
 *
 * @throws UnusableUri
 */
export function parseTokenUri(uri: string): TokenAddress {
  if (!uri.startsWith('pkcs11:')) throw new UnusableUri('It must begin with "pkcs11:".')
  const rest = uri.slice('pkcs11:'.length)
  const mark = rest.indexOf('?')
  const path = attributes(mark < 0 ? rest : rest.slice(0, mark), ';')
  const query = attributes(mark < 0 ? '' : rest.slice(mark + 1), '&')
  if (path.has('pin-value') || query.has('pin-value')) {
    throw new UnusableUri(
      'A pin-value is refused: put the PIN in a file and name it by pin-source.',
    )
  }
  refuseUnknown(path, PATH_ATTRIBUTES)
  refuseUnknown(query, QUERY_ATTRIBUTES)
  const [token, serial] = [path.get('token'), path.get('serial')]
  if (token === '' || serial === '') {
    throw new UnusableUri('An empty token label or serial number could match any token.')
  }
  if (token === undefined && serial === undefined) {
    throw new UnusableUri(
      'It must name the token by its label (token=) or serial number (serial=).',
    )
  }
  return {
    modulePath: absolutePath(query.get('module-path'), 'module-path'),
    token,
    serial,
    manufacturer: path.get('manufacturer'),
    model: path.get('model'),
    pinFile: absolutePath(
      query.get('pin-source')?.replace(/^file:(?:\/\/(?=\/))?/, ''),
      'pin-source',
    ),
    libraryParameters: query.get('x-library-parameters'),
  }
}

function attributes(text: string, separator: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const part of text.split(separator).filter((part) => part !== '')) {
    const equals = part.indexOf('=')
    if (equals <= 0) throw new UnusableUri('Each of its attributes must have the form name=value.')
    const name = part.slice(0, equals)
    if (found.has(name)) throw new UnusableUri(`Its attribute ${name} stands twice.`)
    found.set(name, decode(part.slice(equals + 1), name))
  }
  return found
}

function decode(value: string, name: string): string {
  try {
    return decodeURIComponent(value)
  } catch (cause) {
    throw new UnusableUri(`The percent-encoding of its attribute ${name} is broken.`, { cause })
  }
}

function refuseUnknown(found: ReadonlyMap<string, string>, known: readonly string[]): void {
  for (const name of found.keys()) {
    if (!known.includes(name)) {
      throw new UnusableUri(
        `Its attribute ${name} is not known here; known are ${known.join(', ')}.`,
      )
    }
  }
}

function absolutePath(value: string | undefined, name: string): string {
  if (!value) throw new UnusableUri(`It must have the attribute ${name}.`)
  if (!value.startsWith('/'))
    throw new UnusableUri(`Its attribute ${name} must be an absolute path.`)
  return value
}
