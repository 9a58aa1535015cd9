import type { Servable } from '../lifecycle/servable.ts';

/** Answers nothing; a test may let it die. */
export class FakeServable implements Servable {
  readonly signature = { inputs: [], outputs: [], rowwise: false, example: null };
  alive = true;
  async run() {
    return {};
  }
  async close() {
    this.alive = false;
  }
}
