/** Whether one thing that the service cannot do without is usable. */
export interface ReadinessCheck {
  /** Names the thing: `hsm`, `database`. */
  readonly name: string
  /** Returns why it is not usable, or nothing where it is. */
  check(this: void): Promise<string | undefined>
}

/** A page for operators, served without credentials. */
export interface Page {
  readonly status: number
  readonly body: string
  readonly contentType?: string
}

/** A check that takes longer than a probe waits has failed. */
const CHECK_TIMEOUT_MS = 2000

/** Says that the process is alive. */
export function livePage(): Page {
  return { status: 200, body: JSON.stringify({ status: 'live' }) }
}

/** Says whether the service can serve now: 200, or 503 with the reasons by name. */
export async function readyPage(checks: readonly ReadinessCheck[]): Promise<Page> {
  const reasons = await failedChecks(checks)
  if (Object.keys(reasons).length === 0) {
    return { status: 200, body: JSON.stringify({ status: 'ready' }) }
  }
  return { status: 503, body: JSON.stringify({ status: 'not ready', reasons }) }
}

/** Runs checks, and returns the reasons of those that failed by their names. */
export async function failedChecks(
  checks: readonly ReadinessCheck[],
): Promise<Readonly<Record<string, string>>> {
  const outcomes = await Promise.all(
    checks.map(async (check) => [check.name, await run(check)] as const),
  )
  return Object.fromEntries(outcomes.flatMap(([name, reason]) => (reason ? [[name, reason]] : [])))
}

async function run({ check }: ReadinessCheck): Promise<string | undefined> {
  const { promise, cancel } = timeout()
  try {
    return await Promise.race([check(), promise])
  } catch {
    // What exactly is wrong stands in the log of those who use the thing; a probe needs no more.
    return 'The check failed.'
  } finally {
    cancel()
  }
}

function timeout(): { readonly promise: Promise<string>; cancel(this: void): void } {
  let timer: NodeJS.Timeout
  const promise = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, CHECK_TIMEOUT_MS, 'The check did not end in time.')
  })
  return { promise, cancel: () => clearTimeout(timer) }
}
