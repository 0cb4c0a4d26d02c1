// The total of a screening while it is graded. The server judges; this only says it beforehand.
function say(form) {
  const chosen = [...form.querySelectorAll("input[type=radio]:checked")];
  if (!chosen.length) return;
  const total = chosen.reduce((sum, input) => sum + Number(input.value), 0);
  const vetoes = chosen.filter((input) => input.dataset.veto).map((input) => input.dataset.veto);
  const isWhole = chosen.length === form.querySelectorAll("fieldset.grade-cards").length;
  const isParked = vetoes.length > 0 || total < Number(form.dataset.minimum);
  const line = form.querySelector("[data-total]");
  const words = !isWhole ? "wordsPart" : vetoes.length ? "wordsVeto" : isParked ? "wordsParked" : "wordsQualified";
  line.textContent = line.dataset[words].replace("[total]", total).replace("[names]", vetoes.join(", "));
  line.dataset.tone = !isWhole ? "" : isParked ? "warn" : "good";
  form.elements.reason.required = isWhole && isParked;
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-screening]");
  if (form) say(form);
});
document.addEventListener("htmx:load", (event) => {
  event.detail.elt.querySelectorAll?.("form[data-screening]").forEach(say);
});
document.querySelectorAll("form[data-screening]").forEach(say);
