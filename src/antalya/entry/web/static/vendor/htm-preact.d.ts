/** Types of what the page uses of htm/preact/standalone (written here; not part of the vendored file). */
export type View = any;
export class Component<P = any, S = any> {
  constructor(props?: P);
  props: P;
  state: S;
  base: Element;
  setState(change: Partial<S> | ((state: S) => Partial<S>)): void;
  forceUpdate(): void;
}
export function html(strings: TemplateStringsArray, ...values: any[]): View;
export function render(view: View, parent: Element): void;
export function h(type: any, props?: any, ...children: any[]): View;
export function useState<T>(initial: T): [T, (value: T) => void];
export function useEffect(effect: () => void | (() => void), inputs?: unknown[]): void;
export function useLayoutEffect(effect: () => void | (() => void), inputs?: unknown[]): void;
export function useRef<T>(initial: T): { current: T };
export function useMemo<T>(make: () => T, inputs: unknown[]): T;
