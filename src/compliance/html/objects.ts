import { grouped } from '../../core/grouped.js'
import { KEY_FLAGS, type KeyAttributes, type KeyFlag } from '../../core/hsm-inspection.js'
import { keyTypeName } from '../keys/expected-use.js'
import { printable } from '../printable.js'
import { facts } from './facts.js'
import { omitted } from './figures.js'
import { type Html, html } from './markup.js'

/** Objects that are listed of each kind. */
const MOST_OBJECTS = 200

const CLASSES: Readonly<Record<number, string>> = { 3: 'private key', 4: 'secret key' }

/** Names of attributes in PKCS#11, where they are not those of the flags in capitals. */
const ATTRIBUTES: Readonly<Partial<Record<KeyFlag, string>>> = {
  alwaysSensitive: 'ALWAYS_SENSITIVE',
  neverExtractable: 'NEVER_EXTRACTABLE',
}

/** Every key object on the token; those whose attributes are the same stand together under them. */
export function keyObjects(objects: readonly KeyAttributes[]): Html {
  const groups = grouped(objects, kindOf)
  return html`<section id="objects" class="part" aria-labelledby="objects-title">
    <h2 id="objects-title">Key objects on the token</h2>
    <p>Attributes as the token reports them. Objects with the same attributes stand together.</p>
    ${objects.length === 0 ? html`<p>There is none.</p>` : [...groups.values()].map(groupSection)}
  </section>`
}

function kindOf({ class: objectClass, keyType, bits, flags }: KeyAttributes): string {
  return JSON.stringify([objectClass, keyType, bits, KEY_FLAGS.map((flag) => flags[flag] ?? null)])
}

function groupSection(objects: readonly KeyAttributes[]): Html {
  const [first] = objects
  if (!first) return html``
  const { class: objectClass, keyType, bits, flags } = first
  const shown = objects.slice(0, MOST_OBJECTS)
  const name = [
    keyTypeName(keyType),
    CLASSES[objectClass] ?? `object class ${objectClass}`,
    ...(bits === undefined ? [] : [`${bits} bits`]),
  ].join(', ')
  return html`<article class="kind">
    <h3>${name}: ${objects.length}</h3>
    ${facts([
      ['True', namesOf(flags, true)],
      ['False', namesOf(flags, false)],
      ['Not reported', namesOf(flags, undefined)],
    ])}
    <table class="objects">
      <thead>
        <tr>
          <th scope="col">CKA_LABEL</th>
          <th scope="col">CKA_ID</th>
        </tr>
      </thead>
      <tbody>
        ${shown.map(
          ({ label, id }) =>
            html`<tr>
              <td>${label === '' ? html`<span class="quiet">none</span>` : printable(label)}</td>
              <td><code>${id === '' ? 'none' : printable(id)}</code></td>
            </tr>`,
        )}
      </tbody>
    </table>
    ${omitted(objects.length - shown.length, 'objects')}
  </article>`
}

function namesOf(flags: KeyAttributes['flags'], value: boolean | undefined): string {
  return KEY_FLAGS.filter((flag) => flags[flag] === value)
    .map((flag) => ATTRIBUTES[flag] ?? flag.toUpperCase())
    .join(', ')
}
