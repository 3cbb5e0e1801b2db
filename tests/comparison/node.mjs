// Runs the calls of a file on a pair of modules in node, and prints what came of each in the words of
// compare_driver. The last line is "end".
import fs from 'node:fs';

const [libPath, mainPath, callsPath] = process.argv.slice(2);
const floats = new DataView(new ArrayBuffer(8));

// What V8 says of a trap, in our words.
const traps = [
  [/unreachable/, 'unreachable'],
  [/divide by zero|remainder by zero/, 'integer divide by zero'],
  [/divide result unrepresentable/, 'integer overflow'],
  [/float unrepresentable/, 'conversion'],
  [/unaligned/, 'unaligned atomic'],
  [/Atomics.wait/, 'expected shared memory'],
  [/memory access out of bounds|data segment out of bounds/, 'out of bounds memory access'],
  [/table.*out of bounds|element segment out of bounds/, 'out of bounds table access'],
  [/null function or function signature mismatch/, 'indirect call'],
  [/null/, 'null reference'],
];

function f32(bits) {
  floats.setUint32(0, Number(bits));
  return floats.getFloat32(0);
}

function f64(bits) {
  floats.setBigUint64(0, bits);
  return floats.getFloat64(0);
}

function failure(error) {
  if (error instanceof WebAssembly.Exception) return 'uncaught exception';
  if (!(error instanceof WebAssembly.RuntimeError)) return String(error);
  for (const [pattern, words] of traps) if (pattern.test(error.message)) return words;
  return error.message;
}

const hex = (value) =>
    typeof value === 'bigint' ? BigInt.asUintN(64, value).toString(16).padStart(16, '0') :
                                (value >>> 0).toString(16).padStart(8, '0');

const lib = new WebAssembly.Instance(new WebAssembly.Module(fs.readFileSync(libPath)), {});
const main = new WebAssembly.Instance(new WebAssembly.Module(fs.readFileSync(mainPath)),
                                      {lib: lib.exports});
for (const line of fs.readFileSync(callsPath, 'utf8').trim().split('\n')) {
  const [name, ...words] = line.split(' ');
  const bits = words.map((word) => BigInt('0x' + word));
  const args = bits.length === 0 ? [] :
                                   [Number(BigInt.asIntN(32, bits[0])),
                                    Number(BigInt.asIntN(32, bits[1])), BigInt.asIntN(64, bits[2]),
                                    f32(bits[3]), f64(bits[4])];
  let words_out;
  try {
    const result = main.exports[name](...args);
    words_out = (Array.isArray(result) ? result : [result]).map(hex).join(' ');
  } catch (error) {
    words_out = 'trap ' + failure(error);
  }
  console.log(`${name} ${words_out}`);
}
console.log('end');
