import { createHash } from 'node:crypto'
import { type Html, html, markupOf, styleElement } from './markup.js'

/** A page that needs nothing from elsewhere, and runs nothing. */
export interface Page {
  readonly title: string
  /** The program's own style sheet. */
  readonly css: string
  readonly body: Html
}

/**
 * Writes a page as a document, UTF-8. Its policy admits the one style sheet that is in it, by its hash, and nothing else: no
 * script, no image, no request (Content Security Policy Level 3).
 */
export function renderPage({ title, css, body }: Page): string {
  const digest = createHash('sha256').update(css).digest('base64')
  const policy = `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`
  const head = html`<head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${policy}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="referrer" content="no-referrer" />
    <meta name="color-scheme" content="light dark" />
    <title>${title}</title>
    ${styleElement(css)}
  </head>`
  return `<!doctype html>\n<html lang="en-GB">\n${markupOf(head)}\n${markupOf(body)}\n</html>\n`
}
