import { defineSignal, setHandler } from '@temporalio/workflow';
import { ORDER_SIGNAL, type RunOrder } from '../../ir/protocol/run-order.ts';
import { present } from './intact.ts';
import type { RunControl } from './temporal-port.ts';
import type { Turns } from './turns.ts';

export const orderSignal = defineSignal<[RunOrder]>(ORDER_SIGNAL);

/**
 * Takes orders in for as long as the run goes on. Every one may come more than once.
 *
 * @param passOn tells the run's parts; of a cancellation they hear from `stopping`
 */
export function receiveOrders(
  { pausing, stopping }: RunControl,
  turns: Pick<Turns, 'wake' | 'wakeThoseWaiting'>,
  passOn: (order: RunOrder) => void,
): void {
  setHandler(orderSignal, (sent) => {
    const order = present(sent);
    switch (order.kind) {
      case 'wake':
        return turns.wake(order.path);
      case 'pause':
        // What ends is not held: it would only be stopped hard.
        if (stopping.isEnding()) return;
        passOn(order);
        pausing.pause(order);
        // They leave their lines, where others stand behind them.
        return turns.wakeThoseWaiting();
      case 'unpause':
        passOn(order);
        return pausing.unpause();
      case 'cancel':
        return stopping.cancel(order.graceMs);
      case 'stopWithin':
        return stopping.stopWithin(order.graceMs);
    }
  });
}
