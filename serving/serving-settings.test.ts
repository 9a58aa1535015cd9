import { describe, expect, it } from 'vitest';
import { servingSettings } from './serving-settings.ts';

const where = { home: '/home', project: 'default' };
const settings = (env: NodeJS.ProcessEnv) => servingSettings(env, where);

describe('the address that serving listens on', () => {
  it("is this machine's own", () => {
    expect(settings({})).toMatchObject({ host: '127.0.0.1', isOpen: false, port: 0 });
    for (const host of ['127.0.0.1', '::1', 'localhost']) {
      expect(settings({ MILLRACE_SERVING_HOST: host })).toMatchObject({ host, isOpen: false });
    }
  });

  it('is no other, unless that was asked for in so many words', () => {
    for (const host of ['0.0.0.0', '::', '192.168.1.7', 'models.example.org']) {
      const open = { MILLRACE_SERVING_HOST: host };
      expect(() => settings(open)).toThrow(`no authentication yet and listens on this machine only, not on ${host}`);
      expect(() => settings({ ...open, MILLRACE_SERVING_INSECURE: 'no' })).toThrow('MILLRACE_SERVING_INSECURE=1');
      expect(settings({ ...open, MILLRACE_SERVING_INSECURE: '1' })).toMatchObject({ host, isOpen: true });
      // Behind a proxy on this machine, which passes the name on that it was asked under.
      expect(settings({ MILLRACE_SERVING_INSECURE: '1' })).toMatchObject({ host: '127.0.0.1', isOpen: true });
    }
  });

  it('has a port, or any', () => {
    expect(settings({ MILLRACE_SERVING_PORT: '7430' }).port).toBe(7430);
    expect(() => settings({ MILLRACE_SERVING_PORT: '70000' })).toThrow('MILLRACE_SERVING_PORT');
  });
});
