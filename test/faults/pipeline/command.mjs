import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const { MILLRACE_INPUT, MILLRACE_OUTPUT, MILLRACE_ARTIFACTS, MILLRACE_TASK, MILLRACE_ATTEMPT } = process.env;
const { folder, pauseMs, value } = JSON.parse(readFileSync(MILLRACE_INPUT, 'utf8'));
const told = { event: 'began', path: MILLRACE_TASK, attempt: Number(MILLRACE_ATTEMPT), phase: null, peers: null };
appendFileSync(join(folder, 'ledger'), `${JSON.stringify({ ...told, pid: process.pid, parent: process.ppid })}\n`);
await new Promise((done) => setTimeout(done, pauseMs));
const path = join(MILLRACE_ARTIFACTS, 'text');
writeFileSync(path, `a command made this of ${value}\n`);
const text = { artifact: 'file', path, metadata: {} };
writeFileSync(MILLRACE_OUTPUT, JSON.stringify({ value: (value * 31 + 7) % 1_000, text }));
