//! `amphi-bindgen INPUT.wasm FOLDER NAME` writes `NAME_bg.wasm`, `NAME.js` and their types into the folder: an
//! ES module that a page, a worker or Node loads without a bundler. It is told where the module is.

use std::process::ExitCode;
use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, folder, name] = arguments.as_slice() else {
        eprintln!("usage: amphi-bindgen INPUT.wasm FOLDER NAME");
        return ExitCode::from(2);
    };
    let mut bindgen = Bindgen::new();
    let generated = bindgen.web(true).and_then(|b| {
        b.input_path(input)
            .out_name(name)
            .typescript(true)
            // Otherwise bundlers would take the module along for whoever has it elsewhere.
            .omit_default_module_path(true)
            .remove_name_section(true)
            .remove_producers_section(true)
            .generate(folder)
    });
    match generated {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{e:#}");
            ExitCode::FAILURE
        }
    }
}
