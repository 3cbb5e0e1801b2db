// Runs a WASI program under node. Usage: node node_wasi.mjs [--dir HOST::GUEST]... FILE ARGUMENT...
import {readFileSync} from 'node:fs';
import {WASI} from 'node:wasi';

const rest = process.argv.slice(2);
const preopens = {};
while (rest[0] === '--dir') {
  const [host, guest] = rest[1].split('::');
  preopens[guest] = host;
  rest.splice(0, 2);
}
const wasi = new WASI({version: 'preview1', args: rest, preopens, returnOnExit: true});
const module = new WebAssembly.Module(readFileSync(rest[0]));
const instance = new WebAssembly.Instance(module, wasi.getImportObject());
process.exitCode = wasi.start(instance);
