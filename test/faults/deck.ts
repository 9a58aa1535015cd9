import type { Fault } from './fault.ts';
import type { Random } from './random.ts';

/** The kinds of faults as cards: every one strikes before one strikes again, unless there is nothing for it to hit. */
export interface Deck {
  draw(): Fault;
  /** The card that was drawn last has struck. */
  struck(): void;
  /** It has hit nothing, and goes back; when another has struck it can be drawn again. */
  missed(fault: Fault): void;
}

/** In an order of the seed's and of what there is to hit. */
export function newDeck(possible: readonly Fault[], random: Random): Deck {
  let left: Fault[] = [];
  let aside: Fault[] = [];
  const takeBack = () => {
    left.push(...aside);
    aside = [];
  };
  return {
    draw: () => {
      if (left.length === 0) left = possible.filter((fault) => !aside.includes(fault));
      if (left.length === 0) takeBack();
      const [drawn] = left.splice(random.below(left.length), 1);
      if (drawn === undefined) throw new Error('Some faults are possible everywhere.');
      return drawn;
    },
    struck: takeBack,
    missed: (fault) => void aside.push(fault),
  };
}
