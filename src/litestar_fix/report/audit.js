"use strict";
const form = document.querySelector("form");
const articles = [...document.querySelectorAll("article")];
const told = document.querySelector("#told");
function show() {
  const words = form.text.value.toLowerCase().split(/\s+/).filter(Boolean);
  const severities = new Set([...form.querySelectorAll("[name=severity]:checked")].map((box) => box.value));
  let count = 0;
  for (const item of articles) {
    const fits = severities.has(item.dataset.severity)
      && (!form.way.value || form.way.value === item.dataset.way)
      && (!form.rule.value || form.rule.value === item.dataset.rule)
      && (!form.module.value || form.module.value === item.dataset.module)
      && words.every((word) => item.textContent.toLowerCase().includes(word));
    item.hidden = !fits;
    count += fits;
  }
  told.textContent = `${count} of ${articles.length} findings`;
}
form.addEventListener("input", show);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(show));
for (const button of document.querySelectorAll("button[data-module], button[data-rule]")) {
  button.addEventListener("click", () => {
    form.reset();
    for (const name of ["module", "rule"]) form[name].value = button.dataset[name] || "";
    setTimeout(() => { show(); document.querySelector("#findings").scrollIntoView(); form.text.focus(); });
  });
}
show();
