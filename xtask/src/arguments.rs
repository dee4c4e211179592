//! Command-line arguments, taken one by one; what is left over is an error.

use anyhow::{Context, Result, bail};

/// The arguments not yet taken.
pub(crate) struct Arguments(Vec<String>);

impl Arguments {
    pub(crate) fn from_env() -> Arguments {
        Arguments(std::env::args().skip(1).collect())
    }

    /// Takes the first argument.
    pub(crate) fn command(&mut self) -> Option<String> {
        if self.0.is_empty() { None } else { Some(self.0.remove(0)) }
    }

    /// Takes `name` if it is there.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|it| it != name);
        self.0.len() < before
    }

    /// Takes `name VALUE` or `name=VALUE`.
    ///
    /// # Errors
    /// The value is missing.
    pub(crate) fn value(&mut self, name: &str) -> Result<Option<String>> {
        let prefix = format!("{name}=");
        if let Some(at) = self.0.iter().position(|it| it.starts_with(&prefix)) {
            return Ok(Some(self.0.remove(at).split_off(prefix.len())));
        }
        let Some(at) = self.0.iter().position(|it| it == name) else { return Ok(None) };
        self.0.remove(at);
        if at == self.0.len() {
            None.with_context(|| format!("`{name}` needs a value"))
        } else {
            Ok(Some(self.0.remove(at)))
        }
    }

    /// Takes the first argument that is not an option.
    pub(crate) fn positional(&mut self) -> Option<String> {
        let at = self.0.iter().position(|it| !it.starts_with('-'))?;
        Some(self.0.remove(at))
    }

    /// # Errors
    /// An argument nobody took.
    pub(crate) fn finish(self) -> Result<()> {
        match self.0.first() {
            None => Ok(()),
            Some(it) => bail!("unexpected argument `{it}`; `cargo xtask help` lists what there is"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Arguments {
        Arguments(text.split_whitespace().map(str::to_owned).collect())
    }

    #[test]
    fn options_are_taken_in_any_order_and_both_spellings() {
        for text in ["demo --no-open --port 9000", "demo --port=9000 --no-open"] {
            let mut arguments = of(text);
            assert_eq!(arguments.command().as_deref(), Some("demo"));
            assert_eq!(arguments.value("--port").unwrap().as_deref(), Some("9000"));
            assert!(arguments.flag("--no-open"));
            assert!(!arguments.flag("--no-isolation"));
            arguments.finish().unwrap();
        }
    }

    #[test]
    fn what_nobody_took_is_an_error() {
        assert!(of("--releese").finish().unwrap_err().to_string().contains("`--releese`"));
        assert!(of("--port").value("--port").is_err());
    }
}
