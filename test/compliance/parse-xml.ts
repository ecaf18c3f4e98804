/** An element of a parsed document; text is that of its own, in one piece. */
export interface ParsedElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly ParsedElement[]
  readonly text: string
}

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
const NAME = /[A-Za-z_][\w.-]*/y
const ATTRIBUTE = /\s+([A-Za-z_][\w.-]*)="([^"<]*)"/y
const ALLOWED = /^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u
const REFERENCES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
}

/**
 * Reads the part of XML 1.0 that reports use, and throws on everything else: it is a test of the writer, so it forgives
 * nothing.
 */
export function parseXml(document: string): ParsedElement {
  if (!document.startsWith(DECLARATION)) throw new Error('The document has no declaration.')
  if (!ALLOWED.test(document)) throw new Error('The document has a character that XML forbids.')
  const reader = new Reader(document, DECLARATION.length)
  reader.skip(/\s*/y)
  const root = reader.element()
  reader.skip(/\s*/y)
  if (!reader.atEnd) throw new Error('Something follows the root element.')
  return root
}

class Reader {
  readonly #text: string
  #at: number

  constructor(text: string, at: number) {
    this.#text = text
    this.#at = at
  }

  get atEnd(): boolean {
    return this.#at === this.#text.length
  }

  skip(pattern: RegExp): string[] {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (!match)
      throw new Error(`Malformed at ${this.#at}: ${this.#text.slice(this.#at, this.#at + 40)}`)
    this.#at += match[0].length
    return match
  }

  element(): ParsedElement {
    this.skip(/</y)
    const [name = ''] = this.skip(NAME)
    const attributes: Record<string, string> = {}
    while (this.#sees(ATTRIBUTE)) {
      const [, key = '', value = ''] = this.skip(ATTRIBUTE)
      if (key in attributes) throw new Error(`The attribute ${key} stands twice.`)
      if (/[\t\n\r]/.test(value)) throw new Error('A parser would make blanks of a line end.')
      attributes[key] = resolve(value)
    }
    const [end] = this.skip(/\/?>/y)
    if (end === '/>') return { name, attributes, children: [], text: '' }
    const children: ParsedElement[] = []
    let text = ''
    while (!this.#sees(/<\//y)) {
      if (this.#sees(/</y)) children.push(this.element())
      else text += resolve(this.skip(/[^<]+/y)[0] ?? '')
    }
    this.skip(new RegExp(`</${name}>`, 'y'))
    return { name, attributes, children, text }
  }

  #sees(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at
    return pattern.test(this.#text)
  }
}

function resolve(text: string): string {
  // XML 1.0 section 2.11: a carriage return of the document itself would be lost.
  if (text.includes('\r') || text.includes('>')) throw new Error('A character is not escaped.')
  return text.replaceAll(/&[^;&]*;?/g, (reference) => {
    const code = /^&#(\d+);$/.exec(reference)?.[1]
    const known = code === undefined ? REFERENCES[reference] : String.fromCodePoint(Number(code))
    if (known === undefined) throw new Error(`The reference ${reference} is not known.`)
    return known
  })
}
