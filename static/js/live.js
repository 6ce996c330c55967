// What is shown changes as soon as it has changed: a socket for each thing that is followed, and asking now and then
// wherever sockets do not get through. Without this file every page still shows how things stand when it is loaded.
const RETRY = [1000, 2000, 5000, 15000, 60000]; // ms until a socket is tried again
const QUIET = 45000; // ms: the library says something every twenty seconds, so one that does not is gone
const SIGNED_OUT = 4401;
const FOR_GOOD = new Set([1000, 4400, 4403]); // it is over, or we are not wanted: trying again helps nobody

const address = (path, after) => {
  const url = new URL(`/ws/${path}`, location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  if (after) url.searchParams.set("after", after);
  return url;
};

// Follows a feed from the entry `after` on. `onEntry(entry)` gets what is new from the socket; `look()` is called in its
// place while there is no socket, every `every` ms, and says (as a promise of true or false) whether we are still signed
// in; `onEnded(isSignedOut)` once nothing will come any more. Gives a function that stops.
export function follow(path, { after = "", every = 15000, onEntry, look, onEnded = () => {} }) {
  let socket, failures = 0, quiet, retry, asking, stopped = false;

  const stop = () => {
    stopped = true;
    for (const timer of [quiet, retry]) clearTimeout(timer);
    clearInterval(asking);
    for (const [target, name] of WAKERS) target.removeEventListener(name, awake);
    socket?.close();
  };
  const end = (isSignedOut = false) => {
    if (!stopped) (stop(), onEnded(isSignedOut));
  };
  const ask = async (also = !document.hidden) => {
    if (!also || stopped) return;
    if ((await look?.().catch(() => true)) === false) end(true);
  };
  const poll = () => {
    asking ??= setInterval(() => ask(), every);
  };
  const heard = () => {
    clearTimeout(quiet);
    quiet = setTimeout(() => socket?.close(), QUIET);
  };
  const lost = (code) => {
    clearTimeout(quiet);
    socket = undefined;
    if (stopped) return;
    if (FOR_GOOD.has(code)) return end();
    poll();
    // Signed out here, or only another password: whoever is still signed in is let in again.
    if (code === SIGNED_OUT || failures === 0) ask(true); // on a page that nobody looks at, too
    const pause = RETRY[Math.min(failures++, RETRY.length - 1)];
    retry = setTimeout(connect, pause * (0.5 + Math.random())); // not all pages in the same moment
  };
  const connect = () => {
    clearTimeout(retry);
    if (stopped || socket) return;
    const line = (socket = new WebSocket(address(path, after)));
    line.addEventListener("message", ({ data }) => {
      heard();
      const message = JSON.parse(data);
      if (message.type === "welcome") {
        failures = 0;
        clearInterval(asking);
        asking = undefined;
      } else if (message.type === "entry") {
        after = message.id;
        onEntry(message);
      }
    });
    line.addEventListener("close", ({ code }) => socket === line && lost(code));
    heard();
  };
  const awake = () => document.hidden || connect();
  const WAKERS = [[document, "visibilitychange"], [window, "online"], [window, "pageshow"]];
  for (const [target, name] of WAKERS) target.addEventListener(name, awake);
  connect();
  return stop;
}

// Parts of a page that show how something stands: <div data-live="jobs/…/" data-live-every="1500" hx-get="…"
// hx-trigger="look">. They look anew, by HTMX, when the socket or the clock says so.
const followed = new Map();

function follows() {
  const present = new Map([...document.querySelectorAll("[data-live]")].map((part) => [part.dataset.live, part]));
  for (const [path, stop] of followed) if (!present.has(path)) (stop(), followed.delete(path));
  for (const [path, part] of present) {
    if (followed.has(path)) continue;
    const refresh = () => document.querySelector(`[data-live="${CSS.escape(path)}"]`)?.dispatchEvent(new Event("look"));
    const look = async () => (refresh(), true);
    const every = Number(part.dataset.liveEvery) || 15000;
    followed.set(path, follow(path, { every, look, onEntry: refresh, onEnded: refresh }));
  }
}

follows();
document.addEventListener("htmx:load", follows);
