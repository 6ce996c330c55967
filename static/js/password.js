// Says which rules a new password keeps as one types. Enhancement only: the library looks at all of them when it is sent.

const checks = {
  shortest: (value, number) => [...value].length >= number,
  longest: (value, number) => value !== "" && [...value].length <= number,
  letter: (value) => /\p{L}/u.test(value),
  digit: (value) => /\p{Nd}/u.test(value),
};

for (const list of document.querySelectorAll("[data-rules]")) {
  const field = document.getElementById(list.dataset.rules);
  const status = document.querySelector(`[data-rules-status="${CSS.escape(list.dataset.rules)}"]`);
  const rules = [...list.querySelectorAll("[data-check]")];
  const words = (rule) => rule.firstChild.textContent.trim();
  let wait;

  const look = () => {
    const open = [];
    for (const rule of rules) {
      const isKept = checks[rule.dataset.check](field.value, Number(rule.dataset.number));
      if (!isKept) open.push(words(rule));
      rule.classList.toggle("good", isKept);
      rule.querySelector("[data-state]").textContent = field.value === "" ? "" : `(${isKept ? list.dataset.kept : list.dataset.open})`;
    }
    // Told once one pauses: a screen reader would not get through it at every key.
    clearTimeout(wait);
    wait = setTimeout(() => {
      if (field.value === "") status.textContent = "";
      else status.textContent = open.length ? `${status.dataset.some} ${open.join(", ")}` : status.dataset.all;
    }, 700);
  };

  field.addEventListener("input", look);
  window.addEventListener("pageshow", look);
}
