import { percentDecode, percentEncode } from './percent-encoding.js'

/** A request target in its two parts, both as they came. */
export interface RequestTarget {
  readonly path: string
  /** Without the question mark; empty where there is none. */
  readonly query: string
}

/*
 * Printable ASCII without `#`. A router cuts a target at `#`, the signature would not: a request signed for the key
 * `a%23b` could be sent as `a#b` and reach `a`. Neither that nor a raw non-ASCII byte is a URI (RFC 3986).
 */
const ORIGIN_FORM = /^\/[!"$-~]*$/
const PLAIN_PATH = /^[A-Za-z0-9\-_.~/]*$/

/** Splits a request target of origin form (RFC 9112 section 3.2.1); nothing where it is of another form. */
export function parseRequestTarget(url: string): RequestTarget | undefined {
  if (!ORIGIN_FORM.test(url)) return undefined
  const mark = url.indexOf('?')
  return mark < 0
    ? { path: url, query: '' }
    : { path: url.slice(0, mark), query: url.slice(mark + 1) }
}

/**
 * The canonical forms under which the SDKs sign one raw path, each once, in the order in which they are worth trying.
 *
 * A path of unreserved characters has one form. Otherwise: (a) each segment decoded and encoded; (b) the whole path
 * decoded, then split and encoded (Python); (c) the raw segments encoded; (d) decoded, escaped as Node's `url.parse`
 * does, then encoded (Node). A path that is no percent-encoded UTF-8 has form (c) only.
 */
export function* canonicalPaths(path: string): Generator<string, void, undefined> {
  // @NOTE Two raw paths may share a form: `/a%2Fb` and `/a/b` by (b), `/a%20b` and `/a%2520b` by (c). An operation that
  // takes caller text in its path has to keep that in mind: whoever can replay a request can choose among them.
  if (PLAIN_PATH.test(path)) {
    yield close(path)
    return
  }
  const seen = new Set<string>()
  for (const form of FORMS) {
    const canonical = form(path)
    if (canonical === undefined || seen.has(canonical)) continue
    seen.add(canonical)
    yield canonical
  }
}

const FORMS = [segmentsDecoded, wholeDecoded, encodeSegments, escapedOnce] as const

function segmentsDecoded(path: string): string | undefined {
  const segments = path.split('/').map(percentDecode)
  // Joined only after encoding: a decoded segment may hold a slash.
  return segments.every((segment) => segment !== undefined)
    ? close(segments.map(percentEncode).join('/'))
    : undefined
}

function wholeDecoded(path: string): string | undefined {
  const decoded = percentDecode(path)
  return decoded === undefined ? undefined : encodeSegments(decoded)
}

function escapedOnce(path: string): string | undefined {
  const decoded = percentDecode(path)
  return decoded === undefined
    ? undefined
    : encodeSegments(decoded.replace(/[\t\n\r "<>\\^`{|}']/g, percentEncode))
}

function encodeSegments(path: string): string {
  return close(path.split('/').map(percentEncode).join('/'))
}

/** The slash at the end exists in the canonical form only, never on the wire. */
function close(path: string): string {
  return path.endsWith('/') ? path : `${path}/`
}

/**
 * The canonical query: every name and value encoded anew, sorted by name, then by value.
 *
 * A plus sign is a blank, as in HTML forms: the Node SDK sends blanks so, and signs `%20`.
 *
 * @returns nothing where the query is no percent-encoded UTF-8
 */
export function canonicalQuery(query: string): string | undefined {
  if (query === '') return ''
  const parameters: Parameter[] = []
  for (const part of query.split('&')) {
    if (part === '') continue
    const mark = part.indexOf('=')
    const name = decodeFormText(mark < 0 ? part : part.slice(0, mark))
    const value = decodeFormText(mark < 0 ? '' : part.slice(mark + 1))
    if (name === undefined || value === undefined) return undefined
    parameters.push({ name, value })
  }
  return parameters
    .sort(compareParameters)
    .map(({ name, value }) => `${percentEncode(name)}=${percentEncode(value)}`)
    .join('&')
}

interface Parameter {
  readonly name: string
  readonly value: string
}

function decodeFormText(text: string): string | undefined {
  return percentDecode(text.replaceAll('+', ' '))
}

/** By bytes of the decoded text, as the Go and Python SDKs sort. */
function compareParameters(one: Parameter, other: Parameter): number {
  return (
    Buffer.compare(Buffer.from(one.name), Buffer.from(other.name)) ||
    Buffer.compare(Buffer.from(one.value), Buffer.from(other.value))
  )
}
