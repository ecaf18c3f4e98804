import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AxeResults } from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import type { ComplianceReport } from '../../src/compliance/report.js'
import { renderHtml } from '../../src/compliance/html/render-html.js'
import { chromiumProgram, openChromium } from '../support/chromium.js'
import { describeUnless } from '../support/describe-unless.js'
import { newFolder } from '../support/folder.js'
import { HOSTILE } from './hostile.js'
import { HEAD, reportOf, reportWith } from './sample-report.js'
import { healthy } from './made-up.js'

/** Axe looks at every element; a machine that is busy takes its time. */
const AXE_MS = 120_000

const missing = chromiumProgram() === undefined ? 'Chromium is not installed' : undefined

const PAGES = {
  'a run that passes': reportOf(healthy()),
  'a run of every kind of verdict': inShort(reportWith('kms ', 7)),
  'a run on a hostile token': inShort(reportWith(HOSTILE.join(''), 7)),
}
/** The same with a few checks of each part of the run: axe would look at all of the others in the same way. */
function inShort(report: ComplianceReport): ComplianceReport {
  const seen: string[] = []
  const checks = report.checks.filter(({ suite, verdict }) => {
    const kind = `${suite} ${verdict}`
    seen.push(kind)
    return seen.filter((one) => one === kind).length === 1 || suite === 'random'
  })
  return { ...report, checks }
}

/** Width and height in CSS pixels, and how the page is shown. */
const VIEWS = {
  'a desktop': { width: 1440, height: 900, media: 'screen', colorScheme: 'light' },
  'a dark desktop': { width: 1440, height: 900, media: 'screen', colorScheme: 'dark' },
  'a phone': { width: 390, height: 844, media: 'screen', colorScheme: 'light' },
  'the narrowest phone': { width: 320, height: 568, media: 'screen', colorScheme: 'dark' },
  paper: { width: 794, height: 1123, media: 'print', colorScheme: 'light' },
} as const

/*
 * What is asked in the page, in its own words: the compiler knows none of a browser's.
 */
const OVERHANG = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
const GROUND = 'getComputedStyle(document.documentElement).backgroundColor'
const TABLE_HEADS =
  "[...new Set([...document.querySelectorAll('thead')].map((head) => getComputedStyle(head).display))]"
const ADD_SCRIPT = `(() => {
  const script = document.createElement('script')
  script.textContent = 'document.title = "ran"'
  document.head.append(script)
  return document.title
})()`

type View = (typeof VIEWS)[keyof typeof VIEWS]

describeUnless(missing, 'the HTML report in Chromium', () => {
  let browser: Browser
  let folder: Awaited<ReturnType<typeof newFolder>>
  let axe: string
  beforeAll(async () => {
    browser = await openChromium()
    folder = await newFolder()
    axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  }, AXE_MS)
  afterAll(async () => {
    await browser.close()
    await folder.remove()
  })

  /** Opens a report as a file, and tells what the page asked for and complained of. */
  async function withReport(
    { report, view }: { readonly report: keyof typeof PAGES; readonly view: View },
    use: (page: Page) => Promise<void>,
  ): Promise<{ readonly requests: readonly string[]; readonly complaints: readonly string[] }> {
    const { media, colorScheme, ...viewport } = view
    const path = join(folder.path, 'report.html')
    await writeFile(path, renderHtml(PAGES[report], HEAD))
    const context = await browser.newContext({ viewport, colorScheme })
    const requests: string[] = []
    const complaints: string[] = []
    try {
      const page = await context.newPage()
      page.on('request', (request) => requests.push(request.url()))
      page.on('console', (message) => complaints.push(message.text()))
      page.on('pageerror', (error) => complaints.push(error.message))
      page.on('dialog', (dialog) => {
        complaints.push(`dialog: ${dialog.message()}`)
        void dialog.dismiss()
      })
      await page.emulateMedia({ media })
      await page.goto(pathToFileURL(path).href, { waitUntil: 'load' })
      await use(page)
      return {
        requests: requests.filter((url) => url !== pathToFileURL(path).href),
        complaints,
      }
    } finally {
      await context.close()
    }
  }

  const cases = [
    ['a run that passes', 'a desktop'],
    ['a run on a hostile token', 'a phone'],
    ...Object.keys(VIEWS).map((view) => ['a run of every kind of verdict', view] as const),
  ] as readonly (readonly [keyof typeof PAGES, keyof typeof VIEWS])[]

  test.each(cases)(
    '%s, on %s: accessible, whole, and alone',
    async (report, view) => {
      const { requests, complaints } = await withReport(
        { report, view: VIEWS[view] },
        async (page) => {
          expect(await page.evaluate(OVERHANG)).toBe(0)
          expect(
            await page.locator('script, iframe, object, embed, img, link, [style]').count(),
          ).toBe(0)
          const { violations, passes } = await judgeWithAxe(page, axe)
          expect(violations).toEqual([])
          expect(passes).toBeGreaterThan(10)
        },
      )
      expect([requests, complaints]).toEqual([[], []])
    },
    AXE_MS,
  )

  test('a policy that admits no script keeps one from running', async () => {
    const { complaints } = await withReport(
      { report: 'a run that passes', view: VIEWS['a desktop'] },
      async (page) => {
        expect(await page.evaluate(ADD_SCRIPT)).toMatch(/^Compliance report: /)
      },
    )
    expect(complaints).toEqual([expect.stringContaining('Content Security Policy')])
  })

  test('its style sheet is admitted, in both schemes and on paper', async () => {
    for (const [view, ground] of [
      ['a desktop', 'rgb(255, 255, 255)'],
      ['a dark desktop', 'rgb(20, 23, 27)'],
      ['paper', 'rgb(255, 255, 255)'],
    ] as const) {
      await withReport({ report: 'a run that passes', view: VIEWS[view] }, async (page) => {
        expect([view, await page.evaluate(GROUND)]).toEqual([view, ground])
      })
    }
  })

  test('on paper it has pages, and table heads that are repeated', async () => {
    const view = VIEWS.paper
    await withReport({ report: 'a run of every kind of verdict', view }, async (page) => {
      expect(await page.evaluate(TABLE_HEADS)).toEqual(['table-header-group'])
      const pdf = await page.pdf({ format: 'A4' })
      expect(pdf.toString('latin1').match(/\/Type \/Page\b/g)?.length).toBeGreaterThan(10)
    })
  })
})

/** Runs every rule of axe, those for best practice too. */
async function judgeWithAxe(
  page: Page,
  source: string,
): Promise<{ readonly violations: readonly string[]; readonly passes: number }> {
  await page.evaluate(source)
  const results = await page.evaluate<AxeResults>('axe.run()')
  return {
    violations: results.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary ?? ''}`),
    ),
    passes: results.passes.length,
  }
}
