import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

const RESTART_TIMEOUT_MS = 60_000

/** Wraps a data key and unwraps it again after every way in which a service can stop and come back. */
export class Walkthrough {
  #stack
  #report
  #database
  #client
  #wrapped

  /** @param {{ name: string, url: string, profiles: string, service?: string }} database */
  constructor(stack, report, database) {
    this.#stack = stack
    this.#report = report
    this.#database = database
  }

  async run() {
    await this.#require('comes up healthy', () => this.#start())
    await this.#require('wraps a data key through the published port', () => this.#wrap())
    await this.#check('unwraps it', () => this.#unwrap())
    await this.#check('refuses a body that was not signed', () => this.#refuse())
    await this.#check('unwraps it after a restart', async () => {
      await this.#stack.compose(['restart', 'kms'])
      await this.#healthyAgain()
    })
    await this.#check('comes back after kill -9 and unwraps it', () => this.#kill())
    await this.#check('unwraps it after "down" and "up"', async () => {
      await this.#stack.down()
      await this.#start()
      await this.#unwrap()
    })
  }

  #check(name, prove) {
    return this.#report.check(`${this.#database.name}: ${name}`, prove)
  }

  #require(name, prove) {
    return this.#report.require(`${this.#database.name}: ${name}`, prove)
  }

  async #start() {
    this.#stack.choose(this.#database)
    await this.#stack.up()
    if (this.#database.service) await this.#stack.healthy(this.#database.service)
    await this.#stack.healthy('kms')
    this.#client = await this.#stack.client()
  }

  async #wrap() {
    const { key_info: key } = await this.#client.call('create-key', { key_alias: 'compose' })
    const dek = randomBytes(64)
    const digest = createHash('sha256').update(dek).digest()
    const answer = await this.#client.call('encrypt-datakey', {
      key_id: key.key_id,
      plain_text: Buffer.concat([dek, digest]).toString('hex'),
      datakey_plain_length: '64',
    })
    assert.match(answer.cipher_text, /^02009800[0-9A-F]{368}$/i, 'the frame has 188 bytes')
    assert.ok(!answer.cipher_text.toLowerCase().includes(dek.toString('hex')))
    this.#wrapped = { dek, keyId: key.key_id, cipherText: answer.cipher_text }
  }

  async #unwrap() {
    const { dek, keyId, cipherText } = this.#wrapped
    const answer = await this.#client.call('decrypt-datakey', {
      key_id: keyId,
      cipher_text: cipherText,
      datakey_cipher_length: '64',
    })
    assert.ok(Buffer.from(answer.data_key, 'hex').equals(dek), 'another data key came back')
  }

  async #refuse() {
    const body = { random_data_length: '64' }
    const good = await this.#client.send('gen-random', body)
    assert.equal(good.status, 200)
    const bad = await this.#client.send('gen-random', body, { tamper: true })
    assert.equal(bad.status, 401)
  }

  async #healthyAgain() {
    await this.#stack.healthy('kms')
    await this.#unwrap()
  }

  /** Kills the main process of the container as the kernel's out-of-memory killer would: from outside. */
  async #kill() {
    const id = await this.#stack.container('kms')
    const { Pid: pid } = await this.#stack.state('kms')
    const owner = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '')
    if (owner.includes(id)) {
      process.kill(pid, 'SIGKILL')
      await this.#replaced(pid)
    } else {
      // The engine runs on another machine: it does not restart by itself what it was asked to kill.
      await this.#stack.docker(['kill', '--signal', 'KILL', id])
      await this.#stack.docker(['start', id])
    }
    await this.#healthyAgain()
  }

  async #replaced(former) {
    const deadline = Date.now() + RESTART_TIMEOUT_MS
    while (Date.now() < deadline) {
      const { Pid: pid, Running: running } = await this.#stack.state('kms')
      if (running && pid > 0 && pid !== former) return
      await sleep(200)
    }
    throw new Error('The engine did not restart the service.')
  }
}
