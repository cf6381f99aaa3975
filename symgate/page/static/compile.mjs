// Adds bytecode to the archive of packages, with Pyodide's own Python.  node compile.mjs PYODIDE ARCHIVE TARGET
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, archive, target] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(join(folder, "pyodide.mjs")));
const python = await loadPyodide({ indexURL: folder });
const packed = new Uint8Array(readFileSync(archive));
python.FS.writeFile("/packages.zip", packed);
python.unpackArchive(packed, "zip", { extractDir: "/packages" });
python.runPython("import sys; sys.dont_write_bytecode = False; sys.path.insert(0, '/packages')");
const compiled = python.pyimport("symgate.page.bytecode").compiled("/packages.zip", "/compiled.zip", "/packages");
writeFileSync(target, python.FS.readFile("/compiled.zip"));
console.log(`${compiled} modules compiled`);
