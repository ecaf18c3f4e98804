/** Whether a text fits a pattern in which `*` stands for any run of characters, also an empty one. */
export function fitsGlob(pattern: string, text: string): boolean {
  let [at, place, star, resume] = [0, 0, -1, 0]
  while (place < text.length) {
    if (pattern[at] === '*') {
      star = at++
      resume = place
    } else if (at < pattern.length && pattern[at] === text[place]) {
      at++
      place++
    } else if (star >= 0) {
      // The last star takes one character more; earlier ones never need to.
      at = star + 1
      place = ++resume
    } else {
      return false
    }
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}
