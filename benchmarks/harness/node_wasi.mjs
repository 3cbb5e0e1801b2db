// Runs a WASI program under node. Usage: node node_wasi.mjs [--dir .] FILE ARGUMENT...
import {readFileSync} from 'node:fs';
import {WASI} from 'node:wasi';

const rest = process.argv.slice(2);
const preopens = {};
if (rest[0] === '--dir') {
  preopens[rest[1]] = rest[1];
  rest.splice(0, 2);
}
const wasi = new WASI({version: 'preview1', args: rest, preopens, returnOnExit: true});
const module = new WebAssembly.Module(readFileSync(rest[0]));
const instance = new WebAssembly.Instance(module, wasi.getImportObject());
process.exitCode = wasi.start(instance);
