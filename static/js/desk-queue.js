// What was scanned and is not answered yet, in order, kept by the tab: a reload or a page in between loses nothing.

const KEY = "lyceum-desk-scans";
const FRESH = 15_000; // ms within which a page that was left goes on by itself where it was
const MARKS = 12;
let state = { user: "", scans: [], marks: [], why: "" };

const keep = () => sessionStorage.setItem(KEY, JSON.stringify({ ...state, here: location.href, at: Date.now() }));

// Take over what the last page left. Of somebody else's scans nothing is sent; of old ones, and where another reader is
// open now, nothing until staff say so.
export function begin(user, here) {
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  if (kept?.user === user) {
    state = { user, scans: kept.scans, marks: kept.marks, why: kept.why };
    const isSame = kept.here === here && Date.now() - kept.at < FRESH;
    if (state.scans.length && !isSame) state.why = "left";
  }
  state.user = user;
  keep();
}

export function add(text, said) {
  state.scans.push({ text, said, key: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}` });
  keep();
}

export function answered(scan, tone) {
  state.scans = state.scans.filter((one) => one.key !== scan.key);
  state.marks = [...state.marks, { text: scan.text, tone }].slice(-MARKS);
  keep();
}

export function stop(why) {
  state.why = state.scans.length ? why : "";
  keep();
}

export function goOn() {
  state.why = "";
  keep();
}

export function forget() {
  state.scans = [];
  goOn();
}

export const next = () => state.scans[0];
export const all = () => state.scans;
export const marks = () => state.marks;
export const isStopped = () => state.why;
