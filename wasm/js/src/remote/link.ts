//! How messages go to and fro: over a port, or over a channel of the browser, which cannot transfer.

/** One end of a connection. */
export interface Link {
  /** Sends a message; the buffers are given away if the connection can do that. */
  send(message: unknown, transfer?: Transferable[]): void;
  /** Sets what takes messages. */
  receive(handler: (message: unknown) => void): void;
  close(): void;
}

/** What a `MessagePort`, a `Worker` and a Worker's own scope have in common. */
export interface Port {
  postMessage(message: unknown, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent) => void) | null;
}

/** A connection over a port; whoever has the port ends it. */
export function portLink(port: Port): Link {
  return {
    send: (message, transfer = []) => port.postMessage(message, transfer),
    receive: (handler) => void (port.onmessage = (event) => handler(event.data)),
    close: () => void (port.onmessage = null),
  };
}

/** A connection over the channel of a name, which nobody else uses. */
export function channelLink(name: string): Link {
  const channel = new BroadcastChannel(name);
  let isOpen = true;
  return {
    // An answer may come after the connection has ended.
    send: (message) => void (isOpen && channel.postMessage(message)),
    receive: (handler) => void (channel.onmessage = (event) => handler(event.data)),
    close: () => {
      isOpen = false;
      channel.close();
    },
  };
}
