import { visible } from '../printable.js'

const MARKUP = Symbol('markup')

/** A piece of HTML that is ready to be written. Only {@link html} and its neighbours here make one. */
export interface Html {
  readonly [MARKUP]: string
}

/** What may stand in a template: HTML as it is, and text that becomes part of the page as text. */
export type HtmlValue = Html | string | number | undefined | readonly HtmlValue[]

/**
 * Makes HTML of a template whose tags are the program's own. Values are escaped for text and for attributes in double
 * quotes, which are the only places where they may stand. Characters that show nothing are written out, since the labels of
 * a token are whatever somebody has put there.
 */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  const text = parts.map((part, at) => part + (at < values.length ? written(values[at]) : ''))
  return { [MARKUP]: text.join('') }
}

/** The style sheet of a page. It is the program's own, and never has a value in it. */
export function styleElement(css: string): Html {
  if (css.includes('</')) throw new Error('A style sheet must not end its own element.')
  return { [MARKUP]: `<style>${css}</style>` }
}

/** HTML as text. */
export function markupOf(page: Html): string {
  return page[MARKUP]
}

function written(value: HtmlValue): string {
  if (value === undefined) return ''
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return escaped(value)
  if (MARKUP in value) return value[MARKUP]
  return value.map(written).join('')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  // Old browsers take it for a quotation mark of attributes.
  '`': '&#96;',
}

function escaped(text: string): string {
  return visible(text).replaceAll(/[&<>"'`]/g, (character) => ENTITIES[character] ?? '')
}
