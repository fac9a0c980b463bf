/** Shows /openapi.json: one section per part, one fold-out per call. Everything is set as text. */
import { exampleOf, shapeOf } from "./shapes.js";

function element(tag, options = {}, ...children) {
  const made = Object.assign(document.createElement(tag), options);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const heading = (text) => element("h3", { textContent: text });
const block = (text) => element("pre", { textContent: text, tabIndex: 0 });

function parametersOf(operation) {
  if (!operation.parameters?.length) return [];
  const lines = operation.parameters.map(
    (one) => `${one.name} (${one.in}${one.required ? "" : ", optional"}): ${shapeOf(one.schema)}${one.description ? ` — ${one.description}` : ""}`,
  );
  return [heading("Takes"), block(lines.join("\n"))];
}

function bodyOf(content, document_, title) {
  const schema = content?.["application/json"]?.schema;
  return schema ? [heading(title), block(exampleOf(schema, document_))] : [];
}

function callOf(path, method, operation, document_) {
  const answers = Object.entries(operation.responses).flatMap(([status, answer]) =>
    status < 400 && answer.content
      ? bodyOf(answer.content, document_, `${status}: ${answer.description}`)
      : [heading(`${status}: ${answer.description}`)],
  );
  return element("details", { id: operation.operationId },
    element("summary", {}, element("span", { className: "method", textContent: method }), element("code", { textContent: path }), ` ${operation.summary}`),
    element("div", { className: "inside" },
      operation.description ? element("p", { className: "soft", textContent: operation.description }) : null,
      ...parametersOf(operation),
      ...bodyOf(operation.requestBody?.content, document_, "Body"),
      ...answers,
    ),
  );
}

function show(document_) {
  const parts = new Map();
  for (const [path, operations] of Object.entries(document_.paths))
    for (const [method, operation] of Object.entries(operations)) {
      const part = operation.tags[0];
      if (!parts.has(part)) parts.set(part, []);
      parts.get(part).push(callOf(path, method, operation, document_));
    }
  const sections = [...parts].map(([part, calls]) =>
    element("section", {}, element("h2", { textContent: part }), ...calls));
  return sections;
}

const main = document.getElementById("calls");
try {
  const answer = await fetch("/openapi.json");
  if (!answer.ok) throw new Error(String(answer.status));
  main.replaceChildren(...show(await answer.json()));
} catch {
  main.replaceChildren(element("p", { textContent: "The document could not be loaded. Reload the page to try again." }));
}
main.removeAttribute("aria-busy");
