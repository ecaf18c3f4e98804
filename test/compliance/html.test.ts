import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { figure } from '../../src/compliance/html/figures.js'
import { html, markupOf, styleElement } from '../../src/compliance/html/markup.js'
import { renderHtml } from '../../src/compliance/html/render-html.js'
import { countVerdicts } from '../../src/compliance/report.js'
import { DOCUMENTS } from '../../src/compliance/requirements.js'
import { HOSTILE } from './hostile.js'
import { healthy } from './made-up.js'
import { HEAD, reportOf, reportWith } from './sample-report.js'

const PLAIN = renderHtml(reportWith('x', 7), HEAD)

/** Tags of a page in their order, with the names of their attributes but without values. */
function skeleton(page: string): string {
  const tags = page.match(/<[^>]*>/g) ?? []
  return tags.map((tag) => tag.replaceAll(/"[^"]*"/g, '""')).join('\n')
}

/** What a page says to whoever reads it as text. */
function textOf(page: string): string {
  return unescaped(page.replaceAll(/<style>.*?<\/style>/gs, '').replaceAll(/<[^>]*>/g, ' '))
}

function unescaped(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&#96;', '`')
    .replaceAll('&amp;', '&')
}

describe('a text from outside', () => {
  test.each(HOSTILE)('changes nothing but text: %j', (text) => {
    expect(skeleton(renderHtml(reportWith(text, 7), HEAD))).toBe(skeleton(PLAIN))
  })

  test('of any kind changes nothing but text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
        expect(skeleton(renderHtml(reportWith(text, 2), HEAD))).toBe(
          skeleton(renderHtml(reportWith('x', 2), HEAD)),
        )
      }),
      { numRuns: 30 },
    )
  })

  test('stands in text and in attributes as what it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const [, attribute = '', content = ''] =
          /^<p title="([^"]*)">([^<]*)<\/p>$/.exec(
            markupOf(html`<p title="${text}">${text}</p>`),
          ) ?? []
        const seen = text.replaceAll(
          /[\p{C}\p{Zl}\p{Zp}]/gu,
          (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
        )
        expect([unescaped(attribute), unescaped(content)]).toEqual([seen, seen])
      }),
    )
  })

  test('is not escaped twice, nor is markup', () => {
    const inner = html`<b>${'<'}</b>`
    expect(markupOf(html`${inner}${[inner, '&']}${undefined}${0}`)).toBe(
      '<b>&lt;</b><b>&lt;</b>&amp;0',
    )
  })

  test('does not get into a style sheet that ends', () => {
    expect(() => styleElement('</style>')).toThrow('style sheet')
  })
})

describe('a report as a page', () => {
  test('admits its own style sheet and nothing else', () => {
    const css = /<style>(.*)<\/style>/s.exec(PLAIN)?.[1] ?? ''
    const digest = createHash('sha256').update(css).digest('base64')
    expect(PLAIN).toContain(
      `content="default-src &#39;none&#39;; style-src &#39;sha256-${digest}&#39;; base-uri`,
    )
    expect(PLAIN.match(/<style/g)).toHaveLength(1)
    expect(PLAIN).not.toMatch(/<script|\sstyle=|\son\w+=|@import|url\(/)
  })

  test('has every check, and every link within it leads somewhere', () => {
    const { checks } = reportWith('x', 7)
    const ids = [...PLAIN.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id ?? '')
    expect(new Set(ids).size).toBe(ids.length)
    for (const { id } of checks) expect(ids).toContain(`check-${id.toLowerCase()}`)
    const links = [...PLAIN.matchAll(/href="#([^"]*)"/g)].map(([, id]) => id ?? '')
    expect(links.filter((link) => !ids.includes(link))).toEqual([])
    const labels = [...PLAIN.matchAll(/aria-labelledby="([^"]*)"/g)].map(([, id]) => id ?? '')
    expect(labels.filter((label) => !ids.includes(label))).toEqual([])
  })

  test('has every clause of every document, those without a check too', () => {
    const text = textOf(PLAIN)
    for (const { title, clauses } of Object.values(DOCUMENTS)) {
      expect(text).toContain(title)
      for (const about of Object.values<string>(clauses)) expect(text).toContain(about)
    }
    expect(text).toContain('No check')
  })

  test('tells of each check what was asked, how, and what came of it', () => {
    const text = textOf(PLAIN)
    for (const { title, method, verdict, remarks } of reportWith('x', 7).checks) {
      for (const part of [title, method, ...remarks]) expect(text).toContain(part)
      expect(['pass', 'fail', 'manual', 'not-applicable']).toContain(verdict)
    }
  })

  test('says first what the verdict is', () => {
    expect(textOf(PLAIN)).toMatch(
      /Fail\.\s+4 of \d+ checks failed\. Passed: \d+; for a person to judge: 3;/,
    )
    const report = reportOf(healthy())
    const passing = textOf(renderHtml(report, HEAD))
    const { pass, manual, 'not-applicable': rest } = countVerdicts(report.checks)
    expect(passing.replaceAll(/\s+/g, ' ')).toContain(
      `Pass. No check failed. Passed: ${pass}; for a person to judge: ${manual}; not applicable: ${rest}.`,
    )
    expect(passing).toMatch(/Checks that failed\s+None\./)
  })

  test('stays readable with far more than anybody reads, and says where the rest is', () => {
    const page = renderHtml(reportWith('x', 3000), HEAD)
    expect(page.length).toBeLessThan(400_000)
    const text = textOf(page).replaceAll(/\s+/g, ' ')
    for (const rest of [
      '2795 more objects are in report.json',
      '2900 more of them are in report.json',
      '2980 more observations are in report.json',
      '2800 more rows are in report.json',
    ]) {
      expect(text).toContain(rest)
    }
  })
})

describe('a picture', () => {
  const points = [0, 5, 20].map((value) => ({ label: `of ${value}`, value }))
  const limit = { label: 'cutoff', value: 20 }

  test('of a few numbers stands beside them in a table', () => {
    const page = markupOf(figure({ kind: 'series', title: 'T', unit: 'days', points, limit }))
    expect(textOf(page).replaceAll(/\s+/g, ' ')).toContain('of 5 5 of 20 20')
    expect(page.match(/class="beyond"/g)).toHaveLength(1)
    expect(page.match(/width="(\d+\.\d\d)"/g)).toEqual([
      'width="0.00"',
      'width="50.00"',
      'width="200.00"',
    ])
    expect(textOf(page)).toContain('The tick is the limit: cutoff, 20 days.')
  })

  test('of many numbers says in words what is to be seen', () => {
    const many = Array.from({ length: 101 }, (_, value) => ({ label: String(value), value }))
    const page = markupOf(
      figure({ kind: 'series', title: 'Ages', unit: 'days', points: many, limit }),
    )
    const words =
      '101 values from 0 to 100 days, half of them up to 50. The line is the limit: cutoff, 20 days; 81 reach it.'
    expect(page).toContain(`aria-label="Ages. ${words}"`)
    expect(textOf(page)).toContain(words)
    expect(page.match(/class="beyond"/g)).toHaveLength(81)
  })

  test.each([[[]], [[{ label: 'none', value: 0 }]], [[{ label: 'negative', value: -3 }]]])(
    'of nothing to be seen is no error: %j',
    (few) => {
      const page = markupOf(figure({ kind: 'series', title: 'T', unit: 'x', points: few }))
      expect(page).not.toMatch(/NaN|Infinity/)
    },
  )

  test('of an empty list is none, and says so', () => {
    const series = { kind: 'series', title: 'T', unit: 'x', points: [] } as const
    const table = { kind: 'table', title: 'T', columns: ['a'], rows: [] } as const
    for (const empty of [series, table]) {
      expect(textOf(markupOf(figure(empty)))).toContain('There is nothing to show.')
    }
  })

  test('as a table has heads above what they name: numbers to the right', () => {
    const columns = ['name', 'number', 'both']
    const rows = [
      ['a', 1, 1],
      ['b', 2, 'longer than a date'],
    ]
    const page = markupOf(figure({ kind: 'table', title: 'T', columns, rows }))
    expect([...page.matchAll(/<t[hd][^>]*class="(\w+)"/g)].map(([, kind]) => kind)).toEqual(
      Array.from({ length: 3 }, () => ['short', 'number', 'text']).flat(),
    )
  })
})
