import { defineSignal, setHandler } from '@temporalio/workflow';
import { ORDER_SIGNAL, type RunOrder } from '../../ir/protocol/run-order.ts';
import { present } from './intact.ts';
import type { Pausing } from './pausing.ts';
import type { Stopping } from './stopping.ts';

const orderSignal = defineSignal<[RunOrder]>(ORDER_SIGNAL);

/** Takes orders in for as long as the run goes on. Every one may come more than once. */
export function receiveOrders(pausing: Pausing, stopping: Stopping): void {
  setHandler(orderSignal, (sent) => {
    const order = present(sent);
    switch (order.kind) {
      case 'pause':
        return pausing.pause(order);
      case 'unpause':
        return pausing.unpause();
      case 'cancel':
        return stopping.cancel(order.graceMs);
    }
  });
}
