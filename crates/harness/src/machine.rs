//! On which machine and with which build results were made.

use serde::Serialize;
use std::fs;

/// The machine and the build.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Machine {
    /// Processor and number of cores: seconds are compared only between records with the same one.
    pub id: String,
    /// Number of processors that the system shows.
    pub cores: usize,
    /// Operating system and architecture.
    pub platform: String,
    /// Version of the kernel, where the system tells it.
    pub kernel: Option<String>,
    /// Load average when the run began (1, 5, 15 minutes), where the system tells it.
    pub load: Option<String>,
    /// Version of optgap.
    pub version: &'static str,
    /// Source revision of optgap, or `unknown`.
    pub revision: &'static str,
    /// Compiler of optgap, or `unknown`.
    pub compiler: &'static str,
    /// Was optgap built with optimisation and without checks of a debug build?
    pub release: bool,
}

impl Machine {
    /// This machine, now.
    pub fn here() -> Self {
        let (id, cores) = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| processor(&text)).unwrap_or_else(|| {
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            (format!("{}-{} x{cores}", std::env::consts::ARCH, std::env::consts::OS), cores)
        });
        let line = |file| fs::read_to_string(file).ok().map(|text: String| text.trim().to_owned());
        Self {
            id,
            cores,
            platform: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
            kernel: line("/proc/sys/kernel/osrelease"),
            load: line("/proc/loadavg").map(|text| text.split(' ').take(3).collect::<Vec<_>>().join(" ")),
            version: env!("CARGO_PKG_VERSION"),
            revision: env!("OPTGAP_REVISION"),
            compiler: env!("OPTGAP_COMPILER"),
            release: !cfg!(debug_assertions),
        }
    }

    /// The content of `env/<worker>.json`.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("plain data always serialises") + "\n"
    }
}

/// Model and number of processors in Linux's list; some architectures list no model.
fn processor(cpuinfo: &str) -> Option<(String, usize)> {
    let value = |line: &str, key: &str| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == key).then(|| value.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let model = cpuinfo.lines().find_map(|line| value(line, "model name"))?;
    let cores = cpuinfo.lines().filter(|line| value(line, "processor").is_some()).count();
    Some((format!("{model} x{cores}"), cores))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_read_from_the_list_of_linux() {
        let text = "processor\t: 0\nmodel name\t: Some  CPU @ 2.80GHz\n\nprocessor\t: 1\nmodel name\t: Some  CPU @ 2.80GHz\n";
        assert_eq!(processor(text), Some(("Some CPU @ 2.80GHz x2".to_owned(), 2)));
        assert_eq!(processor("processor : 0\n"), None);
        assert!(!Machine::here().id.is_empty());
    }
}
