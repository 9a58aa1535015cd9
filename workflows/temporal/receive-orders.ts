import { defineSignal, setHandler } from '@temporalio/workflow';
import { ORDER_SIGNAL, type RunOrder } from '../../ir/protocol/run-order.ts';
import { present } from './intact.ts';
import type { Pausing } from './pausing.ts';
import type { Stopping } from './stopping.ts';

export const orderSignal = defineSignal<[RunOrder]>(ORDER_SIGNAL);

/**
 * Takes orders in for as long as the run goes on. Every one may come more than once.
 *
 * @param passOn tells the run's parts
 */
export function receiveOrders(pausing: Pausing, stopping: Stopping, passOn: (order: RunOrder) => void): void {
  setHandler(orderSignal, (sent) => {
    const order = present(sent);
    passOn(order);
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
