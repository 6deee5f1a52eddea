//! What can be asked of families: which there are, what one is, instances of it, and the beginning of another.

use crate::workplace::{TABLE, Workplace};
use optgap_problem::{instance_from_json, instance_to_json, read_instance};
use std::fs;
use std::path::Path;

#[test]
fn list_names_every_family_with_its_title_and_every_method() {
    let finished = Workplace::new().run(&["list"]);
    for family in optgap_families::FAMILIES {
        let line = format!("\n  {:<23} {}\n", family.name(), family.about().title);
        assert!(finished.stdout.contains(&line), "{line}");
    }
    let trainers = optgap_cli::REGISTRY.trainers.iter().map(|method| (method.name, method.meaning, method.parameters));
    let solvers = optgap_cli::REGISTRY.solvers.iter().map(|method| (method.name, method.meaning, method.parameters));
    for (name, meaning, parameters) in solvers.chain(trainers) {
        assert!(finished.stdout.contains(&format!("\n  {name:<23} {meaning}\n")), "{name}");
        let about = info(&Workplace::new(), &[name]);
        for parameter in parameters {
            assert!(about.contains(&format!("\n    {} ", parameter.name)) && about.contains(parameter.meaning), "{about}");
        }
    }
}

/// What `optgap info` prints.
fn info(place: &Workplace, arguments: &[&str]) -> String {
    let finished = place.run(&[&["info"], arguments].concat());
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{}", finished.stdout);
    finished.stdout
}

/// The words of a text without its line breaks and indents.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn info_prints_all_that_a_family_says_of_itself() {
    let place = Workplace::new();
    for family in optgap_families::FAMILIES {
        let text = info(&place, &[family.name()]);
        let about = family.about();
        let sections = [
            ("DEFINITION", &about.definition),
            ("SOURCE", &about.source),
            ("OPTIMUM", &about.reference),
            ("PREDICTION", &about.descent),
        ];
        for (heading, section) in sections {
            assert!(flat(&text).contains(&format!("{heading} {}", flat(section))), "{heading} of {text}");
        }
        let proof = format!("PROOF {}", flat(&about.proof));
        assert_eq!(flat(&text).contains(proof.trim_end()), !about.proof.is_empty(), "{text}");
        for parameter in family.parameters() {
            assert!(
                text.contains(&format!("\n    {} ", parameter.name)) && text.contains(parameter.meaning),
                "{}",
                parameter.name
            );
        }
        for size in family.sizes() {
            assert!(text.contains(&format!("\n    {:<7} {}\n", size.name, size.parameters)), "{}", size.name);
        }
    }
}

#[test]
fn info_shows_an_instance_of_the_parameters_with_its_optimum_and_a_picture_of_one_or_two_inputs() {
    let place = Workplace::new();
    let curve = info(&place, &["teacher[dimension=1,noise=0]", "--seed", "3"]);
    assert!(
        curve.contains(
            "\nINSTANCE teacher-n40-d1-k2-noise0-s3\n  40 samples, 1 input, 2 hidden units, hidden bias, with a test set"
        ),
        "{curve}"
    );
    assert!(curve.contains("  optimum 0 by construction, best constant "), "{curve}");
    assert!(curve.contains("\n  +-----") && curve.contains("\n  x from "), "{curve}");
    let map = info(&place, &["teacher", "--size", "medium"]);
    assert!(map.contains("optimum unknown") && map.contains("  x1 from ") && map.contains(" as . : o O @\n"), "{map}");
    let none = info(&place, &["teacher[dimension=3]"]);
    assert!(!none.contains("+-----") && none.contains("3 inputs"), "{none}");
}

#[test]
fn info_describes_the_family_of_files_without_a_folder_and_shows_one_with_it() {
    let place = Workplace::new();
    place.write("folder/table.csv", TABLE);
    let text = info(&place, &["files"]);
    assert!(text.contains("\nDEFINITION\n") && !text.contains("\nSIZES\n"), "{text}");
    assert!(flat(&text).contains("INSTANCE files: parameter folder"), "{text}");
    let text = info(&place, &["files[folder=folder]"]);
    assert!(text.contains("\nINSTANCE files-folder-table.csv") && text.contains("5 samples, 2 inputs"), "{text}");
}

#[test]
fn gen_writes_the_same_instance_to_stdout_and_to_a_file() {
    let place = Workplace::new();
    let finished = place.run(&["gen", "teacher[n=9,dimension=1]", "--size", "small", "--seed", "5"]);
    let instance = instance_from_json(&finished.stdout).expect("an instance");
    assert_eq!((instance.data.len(), instance.data.dimension()), (9, 1));
    let again = place.run(&["gen", "teacher[n=9,dimension=1]", "--size", "small", "--seed", "5", "--out", "t.json"]);
    assert_eq!((again.code, again.stdout.as_str()), (Some(0), ""));
    assert_eq!(fs::read_to_string(place.path("t.json")).expect("written"), finished.stdout);
}

#[test]
fn gen_fills_a_folder_with_the_instances_of_many_seeds() {
    let place = Workplace::new();
    let finished = place.run(&["gen", "teacher[n=9,dimension=1]", "--seed", "5", "--count", "20", "--out", "deep/sweep"]);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
    assert_eq!(finished.stdout, "20 instances are in deep/sweep\n");
    let folder = place.path("deep/sweep");
    assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 20);
    for seed in 5..25 {
        let alone = place.run(&["gen", "teacher[n=9,dimension=1]", "--seed", &seed.to_string()]).stdout;
        let file = folder.join(format!("teacher-n9-d1-k2-s{seed}.json"));
        assert_eq!(fs::read_to_string(&file).expect("written"), alone, "seed {seed}");
        assert_eq!(instance_to_json(&read_instance(&file).expect("valid")) + "\n", alone);
    }
    assert_eq!(place.run(&["gen", "files[folder=deep/sweep]", "--seed", "20"]).code, Some(0), "the folder can be used");
}

#[test]
fn gen_tells_of_seeds_without_an_instance_and_writes_the_others() {
    let place = Workplace::new();
    // Three signs are equal for one seed of four.
    let text = "random-labels[n=3,dimension=1,width=1,labels=signs]";
    let finished = place.run(&["gen", text, "--count", "40", "--out", "sweep"]);
    assert_eq!(finished.code, Some(3), "{}", finished.stderr);
    let written = fs::read_dir(place.path("sweep")).expect("a folder").count();
    assert!((15..40).contains(&written), "{written}");
    assert_eq!(finished.stdout, format!("{written} of 40 instances are in sweep\n"));
    let start = format!("{} seeds without an instance; seed ", 40 - written);
    assert!(finished.stderr.starts_with(&start) && finished.stderr.contains("nothing to learn"), "{}", finished.stderr);
}

#[cfg(unix)]
#[test]
fn an_interrupted_sweep_leaves_whole_files_alone_and_ends_with_code_130() {
    use std::process::{Command, Stdio};

    let place = Workplace::new();
    let child = Command::new(env!("CARGO_BIN_EXE_optgap"))
        .args(["gen", "teacher", "--count", "10000000", "--out", "sweep"])
        .current_dir(place.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let folder = place.path("sweep");
    while fs::read_dir(&folder).map_or(0, Iterator::count) < 10 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("sent").success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130));
    assert!(String::from_utf8_lossy(&output.stderr).contains("the same command makes all of them"));
    for entry in fs::read_dir(&folder).expect("a folder") {
        let path = entry.expect("readable").path();
        assert!(read_instance(&path).is_ok(), "{}", path.display());
    }
}

/// A folder like a checkout, as far as families go.
fn checkout() -> Workplace {
    let place = Workplace::new();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../families/src"), &place.path("crates/families/src"));
    place
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("readable") {
        let path = entry.expect("readable").path();
        let place = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &place);
        } else {
            fs::copy(&path, &place).expect("copied");
        }
    }
}

#[test]
fn new_family_writes_the_skeleton_under_its_name_and_registers_it() {
    let place = checkout();
    let library = place.path("crates/families/src/lib.rs");
    let before = fs::read_to_string(&library).expect("text");
    let output =
        place.command(&["new", "family", "two-moons"]).current_dir(place.path("crates/families")).output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let steps = String::from_utf8(output.stdout).expect("text");
    for part in
        ["crates/families/src/two_moons.rs", "OPTGAP_GOLDEN=1 cargo test -p optgap-families", "cargo optgap info two-moons"]
    {
        assert!(steps.contains(part), "{part}: {steps}");
    }
    let source = fs::read_to_string(place.path("crates/families/src/two_moons.rs")).expect("text");
    for part in ["struct TwoMoons;", "impl Family for TwoMoons {", "\"two-moons\"", "include_str!(\"two_moons.rs\")"] {
        assert!(source.contains(part), "{part}: {source}");
    }
    assert!(!source.to_lowercase().contains("skeleton"), "{source}");
    let after = fs::read_to_string(&library).expect("text");
    let added: Vec<&str> = after.lines().filter(|line| !before.lines().any(|known| known == *line)).collect();
    assert_eq!(added, ["mod two_moons;", "    &two_moons::TwoMoons,"]);
    assert_eq!(after.lines().count(), before.lines().count() + 2);
    assert!(after.contains("    &two_moons::TwoMoons,\n];\n"), "{after}");
}

#[test]
fn new_family_refuses_names_that_cannot_be_and_leaves_everything_as_it_was() {
    let place = checkout();
    let before = place.content();
    let letters = "take small letters and digits";
    let cases = [
        ("Two-Moons", letters),
        ("two_moons", letters),
        ("two--moons", letters),
        ("-moons", letters),
        ("moons-", letters),
        ("2-moons", letters),
        ("", letters),
        ("a/b", letters),
        ("a-name-that-is-longer-than-forty-letters-are", letters),
        ("match", "match-data"),
        ("network", "network-data"),
        ("vec", "vec-data"),
        ("request", "request-data"),
        ("teacher", "teacher.rs: is there already; take another name"),
        ("random-labels", "random_labels.rs: is there already"),
        ("graph", "graph.rs: is there already"),
        ("template", "lib.rs: template is a family, a module or another word there already; take another name"),
        ("optgap-problem", "take another name"),
    ];
    for (name, words) in cases {
        let finished = place.run(&["new", "family", "--", name]);
        assert_eq!(finished.code, Some(2), "{name}: {}", finished.stdout);
        assert!(finished.stderr.contains(words) && finished.stderr.lines().count() == 1, "{name}: {}", finished.stderr);
    }
    assert!(place.content() == before, "something was written");
}

#[test]
fn new_family_outside_of_a_checkout_says_where_to_call_it() {
    let place = Workplace::new();
    let finished = place.run(&["new", "family", "two-moons"]);
    assert_eq!(finished.code, Some(2));
    assert!(finished.stderr.contains("go to the folder that has crates/families/src/lib.rs"), "{}", finished.stderr);
    assert!(place.content().is_empty());
}
