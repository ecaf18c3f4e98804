const TIMEOUT_MS = 20_000

/** Sends signed requests to the published port. */
export class KmsClient {
  #endpoint
  #credentials
  #signRequest

  constructor({ endpoint, credentials, signRequest }) {
    this.#endpoint = endpoint
    this.#credentials = credentials
    this.#signRequest = signRequest
  }

  /** Calls an operation by the last part of its path; returns the answer, throws for any other status than 200. */
  async call(name, body) {
    const { status, text } = await this.send(name, body)
    if (status !== 200) throw new Error(`${name} answered ${status}: ${text.slice(0, 500)}`)
    return JSON.parse(text)
  }

  /**
   * Sends a request and returns status and text of the answer, whatever they are.
   *
   * @param {{ tamper?: boolean }} options `tamper`: send another body than the one that was signed
   */
  async send(name, body, { tamper = false } = {}) {
    const { project_id: projectId } = this.#credentials
    const url = `${this.#endpoint}/v1.0/${projectId}/kms/${name}`
    const bytes = Buffer.from(JSON.stringify(body))
    const { host, ...headers } = this.#signRequest({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json' },
      body: bytes,
      accessKeyId: this.#credentials.access_key_id,
      secretAccessKey: this.#credentials.secret_access_key,
      projectId,
      now: Date.now(),
    })
    const sent = tamper ? Buffer.concat([bytes, Buffer.from(' ')]) : bytes
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    // fetch sets the header "host" itself, to the same value.
    const answer = await fetch(url, { method: 'POST', headers, body: sent, signal })
    return { status: answer.status, text: await answer.text() }
  }
}
