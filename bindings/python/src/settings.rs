//! Settings as Python gives them (keyword arguments, or a `V2TIMSDKConfig`) as texts for the table (C23).

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyInt, PyString, PyType};
use tessera_client::settings::{Layer, Layers, environment, resolve};
use tessera_client::{ClientSettings, Error};
use tessera_core::settings::SETTINGS;

/// What the code of the host gives by keyword. `None` counts as not given.
pub(crate) fn from_keywords(keywords: Option<&Bound<'_, PyDict>>) -> PyResult<Layer> {
    let mut layer = Layer::new();
    for (name, value) in keywords.into_iter().flatten() {
        let name: String = name.extract()?;
        if !SETTINGS.iter().any(|row| row.name == name) {
            let unknown = ClientSettings::default().set(&name, "").err();
            return Err(PyTypeError::new_err(unknown.map(|error| error.to_string())));
        }
        if let Some(text) = text_of(&name, &value)? {
            layer.push((name, text));
        }
    }
    Ok(layer)
}

/// What a `V2TIMSDKConfig` gives, which has the settings as attributes.
pub(crate) fn from_config(config: &Bound<'_, PyAny>) -> PyResult<Layer> {
    let class = config.py().import("tessera_im.config")?.getattr("V2TIMSDKConfig")?;
    if !config.is_instance(&class)? {
        let kind = config.get_type().name()?;
        return Err(PyTypeError::new_err(format!("config is a V2TIMSDKConfig or None, not {kind}")));
    }
    let mut layer = Layer::new();
    for row in SETTINGS {
        let Some(value) = config.getattr_opt(row.name)? else { continue };
        if let Some(text) = text_of(row.name, &value)? {
            layer.push((row.name.to_owned(), text));
        }
    }
    Ok(layer)
}

/// The settings that hold, with the environment of the process under those of the code.
pub(crate) fn with_environment(code: Layer) -> Result<ClientSettings, Error> {
    resolve(&Layers { code, environment: environment(), ..Layers::default() })
}

/// Lists the settings where `help()` shows them: what is installed has no other page that does.
pub(crate) fn add_to_docstring(class: &Bound<'_, PyType>) -> PyResult<()> {
    let mut text: String = class.getattr("__doc__")?.extract()?;
    text.push_str("\n\nSettings, whose defaults and ranges are in `tessera_im/config.py`:\n");
    for row in SETTINGS {
        text.push_str(&format!("\n{}\n    {}", row.name, row.doc));
    }
    class.setattr("__doc__", text)
}

fn text_of(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    if value.is_none() {
        return Ok(None);
    }
    // A truth value is a whole number in Python, so it is asked for first.
    if let Ok(flag) = value.cast::<PyBool>() {
        return Ok(Some(flag.is_true().to_string()));
    }
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(Some(text.to_string()));
    }
    if value.is_instance_of::<PyInt>() {
        // A member of an enumeration, such as a log level, counts as its number.
        return Ok(Some(value.call_method0("__int__")?.str()?.to_string()));
    }
    if let Some(path) = value.getattr_opt("__fspath__")? {
        return Ok(Some(path.call0()?.extract()?));
    }
    let kind = value.get_type().name()?;
    Err(PyTypeError::new_err(format!("the setting {name} is a str, int, bool or path, not {kind}")))
}
