/*
 * node bare-express.js
 *
 * The baseline: Express as it comes, which parses and validates the bodies of the two operations with the schemas of
 * the service, and answers a constant of the same size as the service's answer. No signature, no HSM, no log, no
 * metrics. Ends with SIGTERM.
 */
import type { AddressInfo } from 'node:net'
import { Ajv2020 } from 'ajv/dist/2020.js'
import express from 'express'
import { decryptDatakey } from '../../src/operations/decrypt-datakey.js'
import { encryptDatakey } from '../../src/operations/encrypt-datakey.js'

const ajv = new Ajv2020({ allowUnionTypes: true })
ajv.addVocabulary(['x-error-code', 'x-expected'])

const app = express()
app.use(express.json())
for (const { path, request, example } of [encryptDatakey, decryptDatakey]) {
  const validate = ajv.compile(request.body)
  app.post(path.replace('{project_id}', ':project_id'), (incoming, outgoing) => {
    if (validate(incoming.body)) outgoing.json(example.response)
    else outgoing.status(400).json({ message: ajv.errorsText(validate.errors) })
  })
}

const server = app.listen(0, '127.0.0.1', () => {
  // It listens on an address and a port, and not on a pipe: that is what it was told a line above.
  const { address, port } = server.address() as AddressInfo
  process.stderr.write(`The baseline listens on http://${address}:${port}\n`)
})
