/* The back office: the cursor goes to the first thing that is wrong, boxes that search have a name and may add. */
"use strict";

(() => {
  const $ = window.django && window.django.jQuery;
  const label = (select) =>
    select.getAttribute("aria-label") || select.labels?.[0]?.textContent.trim().replace(/:$/, "") || "";

  /* Select2 makes boxes of its own, which know nothing of the label of the list that they stand for. */
  function name(select) {
    const box = select.nextElementSibling;
    if (!box?.classList.contains("select2-container")) return;
    const said = label(select);
    box.querySelectorAll("[role=combobox], [role=searchbox], [role=textbox], .select2-search__field").forEach((part) => {
      part.removeAttribute("aria-labelledby");
      const chosen = select.multiple ? "" : select.selectedOptions[0]?.textContent.trim();
      part.setAttribute("aria-label", chosen ? `${said}: ${chosen}` : said);
    });
  }

  function chooseOrAdd(select) {
    const { newPrefix, add } = { newPrefix: select.dataset.new, add: select.dataset.add };
    $(select).select2({
      tags: Boolean(add),
      allowClear: !select.multiple && select.dataset.allowClear === "true",
      createTag: ({ term }) => {
        const typed = term.trim();
        return typed ? { id: newPrefix + typed, text: typed, isNew: true } : null;
      },
      insertTag: (found, tag) => found.push(tag),
      templateResult: (one) => (one.isNew ? add.replace("{name}", one.text) : one.text),
      ajax: {
        data: ({ term, page }) => ({
          term, page, app_label: select.dataset.appLabel, model_name: select.dataset.modelName,
          field_name: select.dataset.fieldName,
        }),
      },
    });
  }

  /* A column of a table of rows without a head of its own is the record's, or the tick that deletes it. */
  function headColumns() {
    document.querySelectorAll(".tabular thead th:empty").forEach((head) => {
      const words = document.createElement("span");
      words.className = "visually-hidden";
      words.textContent = "–";
      head.append(words);
    });
  }

  function begin(within) {
    if (!$?.fn.select2) return;
    within.querySelectorAll(".choose-or-add:not([name*=__prefix__])").forEach((select) => {
      if (!select.classList.contains("select2-hidden-accessible")) chooseOrAdd(select);
    });
    within.querySelectorAll(".choose-or-add, .admin-autocomplete").forEach((select) => {
      name(select);
      $(select).on("change", () => name(select));
    });
  }

  function toFirstError() {
    const wrong = document.querySelector(
      "[aria-invalid=true]:not([type=hidden]), .errors :is(input, select, textarea):not([type=hidden]), td:has(> .errorlist) :is(input, select, textarea):not([type=hidden])",
    );
    if (!wrong) return;
    wrong.closest("details")?.setAttribute("open", "");
    const box = wrong.nextElementSibling?.querySelector?.(".select2-selection");
    (box || wrong).focus();
    (box || wrong).scrollIntoView({ block: "center" });
  }

  $?.(() => {
    begin(document);
    headColumns();
    document.addEventListener("formset:added", (event) => begin(event.target));
    $(document).on("select2:open", (event) => {
      const field = document.querySelector(".select2-container--open .select2-dropdown .select2-search__field");
      field?.setAttribute("aria-label", label(event.target));
      document.querySelector(".select2-container--open .select2-results__options")?.setAttribute("aria-label", label(event.target));
    });
    setTimeout(toFirstError); // after Django's own scripts have put the cursor somewhere
  });
  if (!$) document.addEventListener("DOMContentLoaded", toFirstError);
})();
