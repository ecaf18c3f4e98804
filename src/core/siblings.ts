/**
 * Port: the other processes that serve the same address on this machine. What is sent and answered travels as JSON; whoever
 * reads it judges its form.
 */
export interface Siblings {
  /**
   * Asks all the others, and waits for them for a moment.
   *
   * @param topic - what they are asked, the same word that they gave {@link Siblings.answer}
   * @returns one answer of each that serves; nothing instead of one that did not come in time
   */
  ask(this: void, topic: string, content: unknown): Promise<readonly unknown[]>
  /** Says how this process answers the others; an answer that fails is one that does not come. */
  answer(this: void, topic: string, reply: (content: unknown) => unknown): void
}

/** Nobody else serves the address. */
export const NO_SIBLINGS: Siblings = {
  ask: () => Promise.resolve([]),
  answer: () => undefined,
}
