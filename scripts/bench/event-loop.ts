import { readMetric } from './read-metric.js'

const MS_PER_SECOND = 1000

/**
 * The 99th percentile of the delays of the service's event loop since the last time that its metrics were read, in
 * milliseconds. The service looks every 10 ms, which are part of the figure: an idle loop shows a little more than 10.
 */
export async function eventLoopP99(url: string): Promise<number> {
  return MS_PER_SECOND * (await readMetric(url, 'nodejs_eventloop_lag_p99_seconds'))
}
