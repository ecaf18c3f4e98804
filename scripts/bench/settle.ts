/*
 * node --expose-gc --import settle.js PROGRAM
 *
 * Makes a program collect all its garbage on SIGUSR2, so that what it still holds can be told from what it has not
 * thrown away yet. Twice: what a finalizer lets go of in the first round is collected in the second.
 */
process.on('SIGUSR2', () => {
  globalThis.gc?.()
  setTimeout(() => globalThis.gc?.(), 100)
})
