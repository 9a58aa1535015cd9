/**
 * Restate: its server, a process that writes a journal to disk, and handlers of this process, which the server calls by
 * HTTP/2. What a handler does by `ctx.run` is a step: an entry in the journal.
 *
 *     node restate_peer.js FOLDER     where `npm install` has put the server and the SDK
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/** The SDK counts on it, and Node has it since 22. */
Promise.withResolvers ??= () => {
  const resolvers = {};
  resolvers.promise = new Promise((resolve, reject) => Object.assign(resolvers, { resolve, reject }));
  return resolvers;
};

const EXPECTED = { chain: 10, wide: 100 };

/** Of no package of this project's: they are looked for where they were installed. */
const SDK = '@restatedev/restate-sdk';
const installed = createRequire(join(process.argv[2], 'package.json'));
const restate = installed(SDK);
/** The launcher of the package would stand between us and the server's process. */
const binary = installed.resolve(`@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`);

async function chain(ctx) {
  let value = 0;
  for (let step = 0; step < 10; step++) {
    const before = value;
    value = await ctx.run('noop', () => before + 1);
  }
  return value;
}

async function wide(ctx) {
  const steps = Array.from({ length: 100 }, (_, value) => ctx.run('noop', () => value + 1));
  return (await restate.RestatePromise.all(steps)).length;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

async function startServer(folder, ports) {
  const bind = (port) => `127.0.0.1:${port}`;
  const env = {
    RESTATE_BASE_DIR: folder,
    RESTATE_LISTEN_MODE: 'tcp',
    RESTATE_BIND_ADDRESS: bind(ports.node),
    RESTATE_ADMIN__BIND_ADDRESS: bind(ports.admin),
    RESTATE_INGRESS__BIND_ADDRESS: bind(ports.ingress),
    RESTATE_DISABLE_TELEMETRY: 'true',
  };
  const server = spawn(binary, ['--no-logo'], { env: { ...process.env, ...env }, stdio: 'ignore' });
  for (;;) {
    const answered = await fetch(`http://${bind(ports.admin)}/health`).catch(() => null);
    if (answered?.ok) return server;
    if (server.exitCode !== null) throw new Error(`restate-server ended with ${server.exitCode}.`);
    await delay(100);
  }
}

const folder = await mkdtemp(join(tmpdir(), 'restate-peer-'));
const ports = {
  handlers: await freePort(),
  node: await freePort(),
  admin: await freePort(),
  ingress: await freePort(),
};
const service = restate.service({ name: 'bench', handlers: { chain, wide } });
// Its log would go to the pipe.
const quiet = () => undefined;
await restate.serve({ services: [service], port: ports.handlers, logger: quiet });
const server = await startServer(folder, ports);
const registered = await fetch(`http://127.0.0.1:${ports.admin}/deployments`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ uri: `http://127.0.0.1:${ports.handlers}` }),
});
if (!registered.ok) throw new Error(`The handlers could not be registered: ${await registered.text()}`);
console.log(JSON.stringify({ ready: true }));

for await (const line of createInterface({ input: process.stdin })) {
  const { shape } = JSON.parse(line);
  const began = performance.now();
  const answered = await fetch(`http://127.0.0.1:${ports.ingress}/bench/${shape}`, { method: 'POST' });
  const result = await answered.json();
  if (result !== EXPECTED[shape]) throw new Error(`${shape} gave ${JSON.stringify(result)}, not ${EXPECTED[shape]}`);
  console.log(JSON.stringify({ seconds: (performance.now() - began) / 1_000 }));
}
const ended = once(server, 'exit');
server.kill('SIGTERM');
await ended;
await rm(folder, { recursive: true, force: true });
process.exit(0);
