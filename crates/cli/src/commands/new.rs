//! `optgap new`: the beginning of a family.

use crate::{Exit, terminal};
use anyhow::{Context, bail};
use clap::Subcommand;
use optgap_results::OutputFile;
use std::fs;
use std::path::Path;

/// Begin a family of your own: writes a small one that works, and names it in the registry
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Write the source file of a family and name it in the registry
    ///
    /// The file is a family that passes every test as it is: Gaussian inputs, a formula for the labels, weights that attain its
    /// optimum, a test set and four sizes. Replace what is yours; the tests say what does not fit. Needs a checkout of optgap, in
    /// any folder of which it may be called.
    #[command(after_help = EXAMPLES)]
    Family {
        /// Name in plans and on the command line, for example two-moons
        #[arg(value_parser = Name::read)]
        name: Name,
    },
}

const EXAMPLES: &str = "Examples:
  optgap new family two-moons                      writes crates/families/src/two_moons.rs
  OPTGAP_GOLDEN=1 cargo test -p optgap-families    tests it, writes its fingerprints down
  cargo optgap info two-moons                      shows it, with a picture";

/// Where families live in the repository.
const FOLDER: &str = "crates/families/src";

/// A family that is compiled and tested with all the others, under the name `skeleton`.
const SKELETON: &str = include_str!("../../../families/src/template/skeleton.rs");

/// Letters of a name, so that no line of the skeleton gets too long for the formatter.
const LONGEST: usize = 40;

/// Small words that a module cannot have as its name.
const KEYWORDS: &str = "abstract as async await become box break const continue crate do dyn else enum extern false final fn for \
    gen if impl in let loop macro match mod move mut override priv pub ref return self static struct super trait true try type \
    typeof unsafe unsized use virtual where while yield";

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let What::Family { name } = &arguments.what;
    let here = std::env::current_dir().context("the current folder cannot be found")?;
    let Some(repository) = here.ancestors().find(|folder| folder.join(FOLDER).join("lib.rs").is_file()) else {
        bail!("{}: is not in a checkout of optgap; go to the folder that has {FOLDER}/lib.rs and call it there", here.display());
    };
    begin(name, &repository.join(FOLDER))?;
    terminal::print(&next_steps(name))?;
    Ok(Exit::Fine)
}

/// Writes the family's file and its two lines in `lib.rs`, or nothing.
fn begin(name: &Name, folder: &Path) -> anyhow::Result<()> {
    let (source, library) = (folder.join(name.file()), folder.join("lib.rs"));
    if source.exists() {
        bail!("{}: is there already; take another name, or remove it", source.display());
    }
    let text = fs::read_to_string(&library).with_context(|| format!("{}: cannot be read", library.display()))?;
    let text = registered(name, &text).with_context(|| library.display().to_string())?;
    write_both((&OutputFile::reserve(&source)?, &name.source()), (&OutputFile::reserve(&library)?, &text))
}

/// Writes two files; without the second there is no first.
fn write_both(first: (&OutputFile, &str), second: (&OutputFile, &str)) -> anyhow::Result<()> {
    first.0.write(first.1.as_bytes())?;
    second.0.write(second.1.as_bytes()).inspect_err(|_| {
        // The failure above is the one to report.
        let _ = fs::remove_file(first.0.path());
    })?;
    Ok(())
}

fn next_steps(name: &Name) -> String {
    let (file, plain) = (name.file(), &name.plain);
    format!(
        "{FOLDER}/{file} is a family that works, and {FOLDER}/lib.rs names it. Next:\n\
         \x20 1. make it yours in {file}: the formula, its witness, parameters, sizes, and the words at the top\n\
         \x20 2. OPTGAP_GOLDEN=1 cargo test -p optgap-families    holds it against every rule, writes its fingerprints\n\
         \x20 3. cargo optgap info {plain}\n\
         \x20 4. name it in benches/plans/quick.toml and benches/plans/smoke.toml: `cargo test` asks for every family there\n"
    )
}

/// A family's name, as plans write it.
#[derive(Clone)]
struct Name {
    plain: String,
}

impl Name {
    /// Reads a name on the command line: one that a family, a module and a type can have.
    fn read(text: &str) -> Result<Self, String> {
        let fits = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        if !text.starts_with(|c: char| c.is_ascii_lowercase()) || !text.split('-').all(fits) || text.len() > LONGEST {
            return Err(format!(
                "take small letters and digits, with single hyphens between words and a letter first, {LONGEST} at most: two-moons"
            ));
        }
        let name = Self { plain: text.to_owned() };
        let reserved = KEYWORDS.split_whitespace().chain(["main"]).any(|word| word == text);
        if reserved || words(SKELETON).any(|word| word != "Skeleton" && word == name.unit()) {
            return Err(format!("is a word of the language, or of every family's source; add one to it: {text}-data"));
        }
        Ok(name)
    }

    fn module(&self) -> String {
        self.plain.replace('-', "_")
    }

    fn file(&self) -> String {
        self.module() + ".rs"
    }

    /// The name of the unit struct.
    fn unit(&self) -> String {
        self.plain.split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
    }

    /// The skeleton under this name.
    fn source(&self) -> String {
        let plain = format!("{:?}", self.plain);
        SKELETON.replace("\"skeleton\"", &plain).replace("skeleton.rs", &self.file()).replace("Skeleton", &self.unit())
    }
}

/// The text of `lib.rs` with a family's `mod` line in its place and the family at the end of the registry.
fn registered(name: &Name, library: &str) -> anyhow::Result<String> {
    let module = name.module();
    if words(library).any(|word| word == module) {
        bail!("{module} is a family, a module or another word there already; take another name");
    }
    let mut lines: Vec<String> = library.lines().map(str::to_owned).collect();
    let end = registry_end(&lines).context("FAMILIES has no line `];` of its own at its end; write one family a line")?;
    lines.insert(end, format!("    &{module}::{},", name.unit()));
    let place = module_place(&lines, &module).context("has no line `mod NAME;`; write one for each file")?;
    lines.insert(place, format!("mod {module};"));
    Ok(lines.join("\n") + "\n")
}

/// The line that closes the registry.
fn registry_end(lines: &[String]) -> Option<usize> {
    let start = lines.iter().position(|line| line.starts_with("pub static FAMILIES") && line.ends_with('['))?;
    lines[start..].iter().position(|line| line == "];").map(|length| start + length)
}

/// The line before which a module stands in the order of the formatter: before the attributes of the next one.
fn module_place(lines: &[String], module: &str) -> Option<usize> {
    fn named(line: &str) -> Option<&str> {
        line.strip_prefix("mod ")?.strip_suffix(';')
    }
    let Some(next) = lines.iter().position(|line| named(line).is_some_and(|other| other > module)) else {
        return lines.iter().rposition(|line| named(line).is_some()).map(|last| last + 1);
    };
    Some(next - lines[..next].iter().rev().take_while(|line| line.starts_with("#[")).count())
}

/// The words of source text outside of comments on lines of their own.
fn words(source: &str) -> impl Iterator<Item = &str> {
    let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIBRARY: &str = "\
mod about;
mod grid9;
#[cfg(test)]
mod template;

pub static FAMILIES: &[&dyn Family] = &[
    // Adversarial.
    &grid9::Grid9,
];
";

    fn registered_as(name: &str) -> anyhow::Result<String> {
        registered(&Name::read(name).expect("a name"), LIBRARY)
    }

    #[test]
    fn the_mod_line_stands_where_the_formatter_would_put_it() {
        let cases = [
            ("abacus", "mod about;", "mod abacus;\nmod about;", "&abacus::Abacus"),
            ("grid10", "mod grid9;", "mod grid10;\nmod grid9;", "&grid10::Grid10"),
            ("grid-1d", "mod grid9;", "mod grid9;\nmod grid_1d;", "&grid_1d::Grid1d"),
            ("sine", "#[cfg(test)]", "mod sine;\n#[cfg(test)]", "&sine::Sine"),
            ("two-moons", "mod template;", "mod template;\nmod two_moons;", "&two_moons::TwoMoons"),
        ];
        for (name, beside, modules, entry) in cases {
            let expected = LIBRARY.replace(beside, modules).replace("];", &format!("    {entry},\n];"));
            assert_eq!(registered_as(name).expect("registered"), expected, "{name}");
        }
    }

    #[test]
    fn a_library_that_cannot_be_understood_is_refused_with_what_to_write() {
        let refusal = |library: &str| registered(&Name::read("sine").expect("a name"), library).expect_err("refused").to_string();
        assert!(refusal(&LIBRARY.replace("\n];", "];")).contains("write one family a line"));
        assert!(refusal(&LIBRARY.replace("mod ", "pub mod ")).contains("write one for each file"));
        assert!(registered_as("grid9").expect_err("taken").to_string().contains("take another name"));
        assert!(registered_as("template").is_err());
    }

    #[test]
    fn where_the_second_file_cannot_be_written_there_is_no_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let gone = folder.path().join("gone");
        fs::create_dir(&gone).expect("made");
        let files = [folder.path().join("first"), gone.join("second")];
        let [first, second] = files.each_ref().map(|file| OutputFile::reserve(file).expect("writable"));
        fs::remove_dir(&gone).expect("removed");
        assert!(write_both((&first, "1"), (&second, "2")).is_err());
        assert!(!first.path().exists());
    }
}
