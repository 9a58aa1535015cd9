/**
 * Runs a TypeScript file of the benches with what `npm run build` left in dist/:
 *
 *     node bench/run.js bench/orchestration/main.ts [arguments]
 *
 * `import.meta.dirname` is the folder of the file that is named. It and its neighbours in bench/ are bundled; an import of any other room is that room's built file, so that what is
 * measured is what users get.
 */
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const bench = dirname(fileURLToPath(import.meta.url));
const root = dirname(bench);

const roomsFromDist = {
  name: 'rooms-from-dist',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
      const file = resolve(resolveDir, path);
      if (file.startsWith(`${bench}/`)) return undefined;
      const built = join(root, 'dist', relative(root, file)).replace(/\.ts$/, '.js');
      return { path: pathToFileURL(built).href, external: true };
    });
  },
};

const [entry, ...rest] = process.argv.slice(2);
if (entry === undefined) throw new Error('Usage: node bench/run.js FILE.ts [arguments]');
const source = resolve(entry);
// Below node_modules, packages are found as from here, and git looks away.
const outfile = join(root, 'node_modules/.cache/millrace-bench', relative(bench, source)).replace(/\.ts$/, '.mjs');
const define = { 'import.meta.dirname': JSON.stringify(dirname(source)) };
const options = { bundle: true, platform: 'node', format: 'esm', packages: 'external' };
await build({ ...options, entryPoints: [source], outfile, define, plugins: [roomsFromDist] });
process.argv = [process.execPath, outfile, ...rest];
await import(pathToFileURL(outfile).href);
