/*
 * Health tests of SP 800-90B section 4.4, over bytes as samples. The entropy that is claimed is that of the output of a
 * DRBG, 8 bits for each byte; the cutoffs are for a false alarm in 2^40 samples or windows.
 */

const SAMPLE_BITS = 8
const ALPHA_BITS = 40

/** Samples in a window of the adaptive proportion test: SP 800-90B section 4.4.2, samples that are not binary. */
export const WINDOW = 512

/** So many equal samples in a row fail: SP 800-90B section 4.4.1. */
export const REPETITION_CUTOFF = 1 + Math.ceil(ALPHA_BITS / SAMPLE_BITS)

/** So many samples of a window that are as its first one fail: SP 800-90B section 4.4.2. */
export const PROPORTION_CUTOFF = proportionCutoff()

/** Length of each run of equal bytes: how often each length came. */
export function runLengths(bytes: Uint8Array): ReadonlyMap<number, number> {
  const lengths = new Map<number, number>()
  let run = 0
  for (let at = 0; at < bytes.length; at++) {
    run++
    if (at + 1 < bytes.length && bytes[at + 1] === bytes[at]) continue
    lengths.set(run, (lengths.get(run) ?? 0) + 1)
    run = 0
  }
  return lengths
}

/** Of each whole window, how often its first sample came in it. */
export function proportions(bytes: Uint8Array): readonly number[] {
  return Array.from({ length: Math.floor(bytes.length / WINDOW) }, (_, index) => {
    const window = bytes.subarray(index * WINDOW, (index + 1) * WINDOW)
    return window.filter((byte) => byte === window[0]).length
  })
}

/**
 * 1 + the smallest number of which the binomial distribution (WINDOW samples, 2^-8 each) leaves no more than 2^-40 above.
 * SP 800-90B section 4.4.2, step 1.
 */
function proportionCutoff(): number {
  const p = 2 ** -SAMPLE_BITS
  // From the far end, where the terms are small, so that the sum keeps its digits.
  let tail = 0
  for (let count = WINDOW; count >= 0; count--) {
    tail += Math.exp(logTerm(count, p))
    if (tail > 2 ** -ALPHA_BITS) return 1 + count
  }
  return 1
}

function logTerm(count: number, p: number): number {
  return logChoose(count) + count * Math.log(p) + (WINDOW - count) * Math.log1p(-p)
}

function logChoose(count: number): number {
  let sum = 0
  for (let at = 1; at <= count; at++) sum += Math.log((WINDOW - count + at) / at)
  return sum
}
