// Keeps what the reader does until the simulator can answer, and then does it, in order.

const HELD = ["click", "keydown"];

/** Begins to hold; what it gives ends it, and does what was held if it can be done. */
export function hold() {
  const waiting = [];
  const keep = (event) => {
    const { type, key, ctrlKey, metaKey, isTrusted, target } = event;
    // What is only written needs nobody, unless something waits that was done before it.
    const plain = type === "keydown" && key !== "Enter" && key !== "Escape" && !ctrlKey && !metaKey;
    if (!isTrusted || (plain && !waiting.length)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    waiting.push([target, event]);
    document.documentElement.classList.add("waits");
  };
  for (const type of HELD) addEventListener(type, keep, true);
  return (can) => {
    for (const type of HELD) removeEventListener(type, keep, true);
    document.documentElement.classList.remove("waits");
    if (can) for (const [target, event] of waiting) again(target, event);
  };
}

/** Does once more what was held; a letter is written where nobody takes it for a command. */
function again(target, event) {
  const { type, key, ctrlKey, metaKey, altKey } = event;
  const goes = target.dispatchEvent(new event.constructor(type, event));
  if (goes && type === "keydown" && key.length === 1 && !ctrlKey && !metaKey && !altKey) document.execCommand("insertText", false, key);
}
