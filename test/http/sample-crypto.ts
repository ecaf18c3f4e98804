import type { Preparation } from './sample-body.js'
import type { TestApp } from './start-app.js'

/** Operations on texts, signatures and MACs, whose examples need keys of a certain kind and what these made. */
export const CRYPTO_SAMPLES: Readonly<Record<string, Preparation>> = {
  EncryptData: async (app, example) => ({ ...example, key_id: await app.createCmk() }),
  DecryptData: async (app, example) => ({ ...example, ...(await encrypted(app)) }),
  async ReEncrypt(app, example) {
    const { key_id, cipher_text } = await encrypted(app)
    return { ...example, source_key_id: key_id, destination_key_id: key_id, cipher_text }
  },
  Sign: signing,
  async ValidateSignature(app, example) {
    const body = await signing(app, example)
    return { ...body, signature: (await app.call('Sign', body)).json['signature'] }
  },
  ShowPublicKey: signing,
  async DeriveSharedSecret(app, example) {
    const fields = { key_spec: 'EC_P256', key_usage: 'KEY_AGREEMENT' }
    return { ...example, key_id: await app.createCmk(fields) }
  },
  GenerateMac: mac,
  async VerifyMac(app, example) {
    const body = await mac(app, example)
    return { ...body, mac: (await app.call('GenerateMac', body)).json['mac'] }
  },
}

async function encrypted(app: TestApp): Promise<{ key_id: string; cipher_text: unknown }> {
  const key_id = await app.createCmk()
  const { json } = await app.call('EncryptData', { key_id, plain_text: 'hello world' })
  return { key_id, cipher_text: json['cipher_text'] }
}

async function signing(
  app: TestApp,
  example: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  return { ...example, key_id: await app.createCmk({ key_spec: 'EC_P256' }) }
}

async function mac(
  app: TestApp,
  example: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  const fields = { key_spec: 'HMAC_256', key_usage: 'GENERATE_VERIFY_MAC' }
  return { ...example, key_id: await app.createCmk(fields) }
}
