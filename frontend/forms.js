// Small comforts for plain forms; each works without them.

// Filters apply when a choice changes; their button stays for readers without JavaScript.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-autosubmit]");
  if (!form) return;
  const isChoice = event.target.matches(
    "select, input[type=date], input[type=number], input[type=checkbox], input[type=radio], input[list], [data-picker-value]",
  );
  const isEmptied = event.target.matches("[data-picker-text]") && event.target.value.trim() === "";
  if (isChoice || isEmptied) form.requestSubmit();
});

// Empty filters stay out of the address, so that it reads well and can be kept. Where htmx sends
// the form, the server says the address.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-autosubmit]:not([hx-get])")) return;
  for (const field of form.elements) {
    if (field.name && field.value === "") field.disabled = true;
  }
});

// A second click on a slow button must not send the form twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented || form.matches("[hx-post], [data-hx-post]")) return;
  if (form.dataset.sent !== undefined) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "";
  form.querySelectorAll("button[type=submit]").forEach((button) => button.setAttribute("aria-disabled", "true"));
});

// Coming back by the browser's back button finds every form usable again.
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  document.querySelectorAll("form [aria-disabled=true]").forEach((button) => button.removeAttribute("aria-disabled"));
  document.querySelectorAll("form[data-autosubmit] :disabled").forEach((field) => (field.disabled = false));
});
