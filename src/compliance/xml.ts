/** A piece of XML that is ready to be written. */
export interface XmlElement {
  readonly name: string
  readonly attributes?: Readonly<Record<string, string | number>>
  readonly children?: readonly (XmlElement | string)[]
}

const REPLACEMENT = '\uFFFD'

/** A document of one root element, UTF-8. Names are the caller's own; values and texts may be anything. */
export function renderXml(root: XmlElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${renderElement(root, '')}\n`
}

function renderElement(
  { name, attributes = {}, children = [] }: XmlElement,
  indent: string,
): string {
  const start = [
    name,
    ...Object.entries(attributes).map(([key, value]) => renderAttribute(key, value)),
  ]
  if (children.length === 0) return `${indent}<${start.join(' ')}/>`
  // Space around text would be part of it, and is not added.
  const texts = children.every((child) => typeof child === 'string')
  const content = children
    .map((child) =>
      typeof child === 'string' ? escapeText(child) : `\n${renderElement(child, `${indent}  `)}`,
    )
    .join('')
  return `${indent}<${start.join(' ')}>${content}${texts ? '' : `\n${indent}`}</${name}>`
}

function renderAttribute(name: string, value: string | number): string {
  // A parser makes blanks of line ends and tabs in attributes, unless they are references: XML 1.0 section 3.3.3.
  const text = escapeText(String(value))
    .replaceAll('"', '&quot;')
    .replaceAll(/[\t\n]/g, (character) => `&#${character.codePointAt(0) ?? 0};`)
  return `${name}="${text}"`
}

function escapeText(text: string): string {
  return (
    text
      .toWellFormed()
      // XML 1.0 section 2.2: characters that a document cannot hold, not even as references.
      .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, REPLACEMENT)
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('\r', '&#13;')
  )
}
