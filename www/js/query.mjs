// What the address asks for: its query, or, in a frame that the loader made, what stands between `#?` and the next `#`. Some
// hosts send `embed.html` on to `embed` and forget the query; what stands after a `#` stays with the browser.

const [, asked, payload] = location.hash.match(/^#(\?[^#]*)#?(.*)$/s) ?? [];

// The application reads them too.
if (asked) Object.assign(globalThis, { portsideQuery: asked, portsidePayload: `#${payload}` });

export const query = new URLSearchParams(asked ?? location.search);
