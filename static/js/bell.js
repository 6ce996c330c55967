// The count at the bell follows what is new, and what was read on another page. Without this file it is that of the moment
// when the page was made.
import { follow } from "./live.js";

const bell = document.querySelector("[data-bell]");

function show({ unread }) {
  let count = bell.querySelector("[data-bell-count]");
  if (!unread) return count?.remove();
  if (!count) {
    count = document.createElement("span");
    count.className = "chip number";
    count.dataset.bellCount = "";
    bell.append(count);
  }
  count.textContent = unread;
}

async function look() {
  const answer = await fetch(bell.dataset.bellState, { headers: { Accept: "application/json" } });
  if (answer.ok) show(await answer.json());
  return answer.status !== 401;
}

// On a shared machine the next visitor sees nothing of it: neither the count nor the page of news.
function forget(isSignedOut) {
  if (!isSignedOut) return;
  show({ unread: 0 });
  if (new URL(bell.href).pathname === location.pathname) location.reload();
}

if (bell) follow("notices/", { after: bell.dataset.bell, every: 60000, onEntry: show, onEnded: forget, look });
