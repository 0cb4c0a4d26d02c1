// The column chooser: arrows move a column; its place, which readers without JavaScript type, follows.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-columns] [data-move]");
  if (!button) return;
  const item = button.closest("li");
  const other = button.dataset.move === "-1" ? item.previousElementSibling : item.nextElementSibling;
  if (!other) return;
  if (button.dataset.move === "-1") other.before(item);
  else other.after(item);
  button.focus();
  item.parentElement.querySelectorAll("li").forEach((one, index) => {
    one.querySelector(".place").value = index + 1;
  });
});

// A column that is ticked now goes to the end of those shown.
document.addEventListener("change", (event) => {
  if (!event.target.matches?.("[data-columns] [name=column]")) return;
  event.target.closest("ol").querySelectorAll("li").forEach((one, index) => {
    one.querySelector(".place").value = index + 1;
  });
});
