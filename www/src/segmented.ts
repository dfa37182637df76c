//! A choice of few in one line: a group of radio buttons that look like one button.

import { html, newId } from './dom.js';
import { icon } from './icon.js';

/** One of the choices. */
export interface Choice<T extends string> {
  readonly value: T;
  readonly label: string;
  /** Shown in the label's place, which is then only read. */
  readonly icon?: Parameters<typeof icon>[0];
  readonly hint?: string;
}

/** A group of radio buttons. */
export interface Segmented<T extends string> {
  readonly element: HTMLFieldSetElement;
  value: T;
}

/** Makes a group; `chosen` is called when somebody chooses. */
export function segmented<T extends string>(
  label: string,
  choices: readonly Choice<T>[],
  value: T,
  chosen: (value: T) => void,
): Segmented<T> {
  const name = newId('choice');
  const inputs = choices.map((choice) =>
    html('input', { type: 'radio', name, value: choice.value, onchange: () => chosen(choice.value) }),
  );
  const show = (value: T): void => inputs.forEach((input, i) => (input.checked = choices[i]!.value === value));
  const element = html('fieldset', { class: 'segmented' }, html('legend', { class: 'visually-hidden' }, label));
  choices.forEach((choice, i) => {
    const text = choice.icon
      ? html('span', { class: 'face' }, icon(choice.icon), html('span', { class: 'visually-hidden' }, choice.label))
      : html('span', { class: 'face' }, choice.label);
    element.append(
      html(
        'label',
        { title: choice.hint ?? (choice.icon ? choice.label : undefined), 'data-value': choice.value },
        inputs[i],
        text,
      ),
    );
  });
  show(value);
  return {
    element,
    get value() {
      return choices[inputs.findIndex((input) => input.checked)]?.value ?? value;
    },
    set value(value: T) {
      show(value);
    },
  };
}
