// An answer appears as it is written. Without this file the page waits for it, and shows it whole.
import { follow } from "./live.js";

for (const form of document.querySelectorAll("form[data-asks]")) form.elements.live.value = "yes";

const fetched = async (article) => {
  const response = await fetch(article.dataset.part, { headers: { "X-Requested-With": "fetch" } });
  if (!response.ok || response.redirected) return false;
  const made = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("article");
  if (made && !(made.dataset.answer && article.dataset.answer)) article.replaceWith(made);
  return true;
};

for (const article of document.querySelectorAll("[data-answer]")) {
  let attempt = "";
  const blocks = article.querySelector("[data-blocks]");
  const show = ({ id, number, text }) => {
    const [began] = id.split(".");
    if (began !== attempt) (blocks.replaceChildren(), (attempt = began));
    if (!text || number !== blocks.children.length + 1) return; // a gap: the whole comes with the end
    const part = document.createElement("p");
    part.textContent = text;
    blocks.append(part);
  };
  const onEntry = (entry) => (entry.id.endsWith(".end") ? fetched(article) : show(entry));
  const look = async () => (await fetched(article), true);
  follow(article.dataset.answer, { every: 1500, onEntry, look, onEnded: () => fetched(article) });
}
