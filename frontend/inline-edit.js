// Fields that are edited in place: Escape goes back, Ctrl+Enter saves from a text of several lines.
// The forms and their “Cancel” link work without this script.
document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("[data-inline-form]");
  if (!form || event.defaultPrevented || event.isComposing) return;
  if (event.key === "Escape") {
    event.preventDefault();
    // Asked for by ourselves: of a form that has just come in htmx does not know the link yet, and a
    // click would leave the page.
    const cancel = form.querySelector("[data-inline-cancel]");
    if (cancel) {
      window.htmx.ajax("GET", cancel.getAttribute("hx-get"), {
        target: cancel.getAttribute("hx-target"),
        swap: cancel.getAttribute("hx-swap"),
      });
    }
  } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea")) {
    event.preventDefault();
    form.requestSubmit();
  }
});

// While a new customer is typed, the server is asked for customers alike: by the name, the region and
// all phones and emails of the form, whatever their fields are called.
document.addEventListener("htmx:configRequest", (event) => {
  const { elt, parameters } = event.detail;
  if (!elt.matches("[data-duplicate-check]")) return;
  const form = elt.closest("form");
  Object.keys(parameters).forEach((name) => delete parameters[name]);
  for (const name of ["name", "region"]) parameters[name] = form.elements[name]?.value ?? "";
  for (const kind of ["phone", "email"]) {
    parameters[kind] = [...form.querySelectorAll(`[name$="-${kind}"]`)].map((field) => field.value).filter(Boolean);
  }
});
