/*
 * node folder-writer-program.js FOLDER
 *
 * Writes far more files than any run, so that it can be killed in the middle.
 */
import { writeFolder } from '../../src/compliance/evidence/write-folder.js'

const [folder = ''] = process.argv.slice(2)
const files = Array.from({ length: 50_000 }, (_, at) => [`${at}.txt`, Buffer.from('x')] as const)
await writeFolder(folder, new Map(files))
